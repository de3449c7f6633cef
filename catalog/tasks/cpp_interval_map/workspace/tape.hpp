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

class Tape {
 public:
  static constexpr long long first = -1'000'000'000'000'000'000;
  static constexpr long long last = 1'000'000'000'000'000'000;

  explicit Tape(int depth) { throw std::runtime_error("not implemented"); }

  std::vector<Run> runs() const { throw std::runtime_error("not implemented"); }
  std::vector<Run> runs(long long lo, long long hi) const { throw std::runtime_error("not implemented"); }
  std::optional<std::string> label(long long position) const { throw std::runtime_error("not implemented"); }

  bool paint(long long lo, long long hi, const std::string& label) { throw std::runtime_error("not implemented"); }
  bool fill(long long lo, long long hi, const std::string& label) { throw std::runtime_error("not implemented"); }
  bool erase(long long lo, long long hi) { throw std::runtime_error("not implemented"); }
  bool insert(long long at, long long count) { throw std::runtime_error("not implemented"); }
  bool cut(long long lo, long long hi) { throw std::runtime_error("not implemented"); }
  bool move(long long lo, long long hi, long long to) { throw std::runtime_error("not implemented"); }

  bool undo() { throw std::runtime_error("not implemented"); }
  bool redo() { throw std::runtime_error("not implemented"); }
};
