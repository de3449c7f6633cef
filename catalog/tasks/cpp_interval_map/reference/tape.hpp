#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
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

  explicit Tape(int depth) {
    if (depth < 0) throw std::invalid_argument("the depth is negative");
    depth_ = static_cast<size_t>(depth);
  }

  std::vector<Run> runs() const { return runs_; }

  std::vector<Run> runs(long long lo, long long hi) const {
    check_range(lo, hi);
    return part(lo, hi);
  }

  std::optional<std::string> label(long long position) const {
    if (position < first || position > last) throw std::out_of_range("the position is not on the tape");
    Runs found = part(position, position + 1);
    if (found.empty()) return std::nullopt;
    return found.front().label;
  }

  bool paint(long long lo, long long hi, const std::string& label) {
    check_range(lo, hi, label);
    return replace(joined({part(first, lo), {{lo, hi, label}}, part(hi, end)}));
  }

  bool fill(long long lo, long long hi, const std::string& label) {
    check_range(lo, hi, label);
    Runs filled = part(first, lo);
    long long next = lo;
    for (const Run& run : part(lo, hi)) {
      filled.push_back({next, run.lo, label});
      filled.push_back(run);
      next = run.hi;
    }
    filled.push_back({next, hi, label});
    return replace(joined({filled, part(hi, end)}));
  }

  bool erase(long long lo, long long hi) {
    check_range(lo, hi);
    return replace(joined({part(first, lo), part(hi, end)}));
  }

  bool insert(long long at, long long count) {
    if (count < 0) throw std::invalid_argument("the count is negative");
    check_position(at);
    Runs before = part(first, at), after = part(at, end);
    if (!after.empty() && count > end - after.back().hi) throw std::overflow_error("a label would leave the tape");
    Runs between;
    if (!before.empty() && !after.empty() && before.back().hi == at && after.front().lo == at &&
        before.back().label == after.front().label) {
      between.push_back({at, at + count, after.front().label});
    }
    return replace(joined({before, between, moved(after, count)}));
  }

  bool cut(long long lo, long long hi) {
    check_range(lo, hi);
    return replace(joined({part(first, lo), moved(part(hi, end), lo - hi)}));
  }

  bool move(long long lo, long long hi, long long to) {
    check_range(lo, hi);
    check_position(to);
    if (lo <= to && to <= hi) return false;
    // Both directions exchange two neighbouring ranges.
    long long start = std::min(lo, to), stop = std::max(hi, to), middle = to < lo ? lo : hi;
    return replace(joined({part(first, start), moved(part(middle, stop), start - middle),
                           moved(part(start, middle), stop - middle), part(stop, end)}));
  }

  bool undo() { return step(done_, undone_); }
  bool redo() { return step(undone_, done_); }

 private:
  using Runs = std::vector<Run>;

  static constexpr long long end = last + 1;
  size_t depth_;
  Runs runs_;
  std::deque<Runs> done_;
  std::deque<Runs> undone_;

  static void check_position(long long position) {
    if (position < first || position > end) throw std::out_of_range("the position is not on the tape");
  }

  static void check_range(long long lo, long long hi, const std::string& label = "any") {
    if (lo > hi) throw std::invalid_argument("the range ends before it begins");
    if (label.empty()) throw std::invalid_argument("the label is empty");
    check_position(lo);
    check_position(hi);
  }

  Runs part(long long lo, long long hi) const {
    Runs found;
    if (lo == hi) return found;
    auto run = std::partition_point(runs_.begin(), runs_.end(), [&](const Run& each) { return each.hi <= lo; });
    for (; run != runs_.end() && run->lo < hi; ++run) {
      found.push_back({std::max(run->lo, lo), std::min(run->hi, hi), run->label});
    }
    return found;
  }

  static Runs moved(Runs runs, long long by) {
    for (Run& run : runs) {
      run.lo += by;
      run.hi += by;
    }
    return runs;
  }

  // Without empty runs, and with one run where equal labels touch.
  static Runs joined(const std::vector<Runs>& parts) {
    Runs all;
    for (const Runs& runs : parts) {
      for (const Run& run : runs) {
        if (run.lo == run.hi) continue;
        if (!all.empty() && all.back().hi == run.lo && all.back().label == run.label) all.back().hi = run.hi;
        else all.push_back(run);
      }
    }
    return all;
  }

  bool replace(Runs runs) {
    bool same = std::equal(runs.begin(), runs.end(), runs_.begin(), runs_.end(), [](const Run& one, const Run& two) {
      return one.lo == two.lo && one.hi == two.hi && one.label == two.label;
    });
    if (same) return false;
    done_.push_back(std::exchange(runs_, std::move(runs)));
    if (done_.size() > depth_) done_.pop_front();
    undone_.clear();
    return true;
  }

  bool step(std::deque<Runs>& from, std::deque<Runs>& onto) {
    if (from.empty()) return false;
    onto.push_back(std::exchange(runs_, std::move(from.back())));
    from.pop_back();
    return true;
  }
};
