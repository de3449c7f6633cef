#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "assay/candidate.hpp"

using candidate::call;
using Label = std::optional<std::string>;
using Runs = std::vector<std::tuple<long long, long long, std::string>>;

static const long long kLast = 1'000'000'000'000'000'000;

struct Tape {
  int number;

  explicit Tape(int depth = 100) : number(call<int>("new", depth)) {}

  Runs runs() { return call<Runs>("runs", number); }
  Runs part(long long lo, long long hi) { return call<Runs>("part", number, lo, hi); }
  Label label(long long position) { return call<Label>("label", number, position); }
  bool paint(long long lo, long long hi, const std::string& label) {
    return call<bool>("paint", number, lo, hi, label);
  }
  bool fill(long long lo, long long hi, const std::string& label) { return call<bool>("fill", number, lo, hi, label); }
  bool erase(long long lo, long long hi) { return call<bool>("erase", number, lo, hi); }
  bool insert(long long at, long long count) { return call<bool>("insert", number, at, count); }
  bool cut(long long lo, long long hi) { return call<bool>("cut", number, lo, hi); }
  bool move(long long lo, long long hi, long long to) { return call<bool>("move", number, lo, hi, to); }
  bool undo() { return call<bool>("undo", number); }
  bool redo() { return call<bool>("redo", number); }
};

template <typename F>
static std::string kind_of(F action) {
  try {
    action();
  } catch (const candidate::Error& error) {
    return error.kind;
  }
  return "no error";
}

TEST(Tape, PaintsAndJoinsRuns) {
  Tape tape;
  EXPECT_EQ(tape.runs(), Runs{});
  EXPECT_TRUE(tape.paint(0, 10, "a"));
  EXPECT_TRUE(tape.paint(3, 5, "b"));
  EXPECT_EQ(tape.runs(), (Runs{{0, 3, "a"}, {3, 5, "b"}, {5, 10, "a"}}));
  EXPECT_TRUE(tape.paint(-4, -2, "a"));
  EXPECT_TRUE(tape.paint(10, 12, "a"));
  EXPECT_EQ(tape.runs(), (Runs{{-4, -2, "a"}, {0, 3, "a"}, {3, 5, "b"}, {5, 12, "a"}}));
  EXPECT_TRUE(tape.paint(-2, 5, "a"));
  EXPECT_EQ(tape.runs(), (Runs{{-4, 12, "a"}}));
  EXPECT_TRUE(tape.paint(-10, 20, "c"));
  EXPECT_EQ(tape.runs(), (Runs{{-10, 20, "c"}}));
}

TEST(Tape, ReadsLabelsAndParts) {
  Tape tape;
  tape.paint(0, 4, "a");
  tape.paint(4, 8, "b");
  tape.paint(10, 12, "a");
  EXPECT_EQ(tape.label(-1), Label());
  EXPECT_EQ(tape.label(0), Label("a"));
  EXPECT_EQ(tape.label(3), Label("a"));
  EXPECT_EQ(tape.label(4), Label("b"));
  EXPECT_EQ(tape.label(8), Label());
  EXPECT_EQ(tape.label(11), Label("a"));
  EXPECT_EQ(tape.part(2, 11), (Runs{{2, 4, "a"}, {4, 8, "b"}, {10, 11, "a"}}));
  EXPECT_EQ(tape.part(5, 6), (Runs{{5, 6, "b"}}));
  EXPECT_EQ(tape.part(8, 10), Runs{});
  EXPECT_EQ(tape.part(2, 2), Runs{});
  EXPECT_EQ(tape.part(4, 8), (Runs{{4, 8, "b"}}));
}

TEST(Tape, FillsWhatIsFree) {
  Tape tape;
  tape.paint(2, 4, "a");
  tape.paint(6, 8, "b");
  EXPECT_TRUE(tape.fill(0, 10, "b"));
  EXPECT_EQ(tape.runs(), (Runs{{0, 2, "b"}, {2, 4, "a"}, {4, 10, "b"}}));
  EXPECT_FALSE(tape.fill(1, 9, "c"));
  EXPECT_TRUE(tape.fill(3, 12, "a"));
  EXPECT_EQ(tape.runs(), (Runs{{0, 2, "b"}, {2, 4, "a"}, {4, 10, "b"}, {10, 12, "a"}}));
}

TEST(Tape, Erases) {
  Tape tape;
  tape.paint(0, 10, "a");
  EXPECT_TRUE(tape.erase(3, 5));
  EXPECT_EQ(tape.runs(), (Runs{{0, 3, "a"}, {5, 10, "a"}}));
  EXPECT_FALSE(tape.erase(3, 5));
  EXPECT_TRUE(tape.erase(-5, 1));
  EXPECT_TRUE(tape.erase(9, 50));
  EXPECT_EQ(tape.runs(), (Runs{{1, 3, "a"}, {5, 9, "a"}}));
}

TEST(Tape, InsertsAndStretches) {
  Tape tape;
  tape.paint(0, 4, "a");
  tape.paint(4, 6, "b");
  EXPECT_TRUE(tape.insert(2, 3));
  EXPECT_EQ(tape.runs(), (Runs{{0, 7, "a"}, {7, 9, "b"}}));
  EXPECT_TRUE(tape.insert(7, 2));
  EXPECT_EQ(tape.runs(), (Runs{{0, 7, "a"}, {9, 11, "b"}}));
  EXPECT_TRUE(tape.insert(0, 1));
  EXPECT_EQ(tape.runs(), (Runs{{1, 8, "a"}, {10, 12, "b"}}));
  EXPECT_TRUE(tape.insert(9, 1));
  EXPECT_EQ(tape.runs(), (Runs{{1, 8, "a"}, {11, 13, "b"}}));
  EXPECT_FALSE(tape.insert(13, 5));
  tape.paint(8, 9, "b");
  EXPECT_TRUE(tape.insert(10, 1));
  EXPECT_EQ(tape.runs(), (Runs{{1, 8, "a"}, {8, 9, "b"}, {12, 14, "b"}}));
}

TEST(Tape, CutsAndCloses) {
  Tape tape;
  tape.paint(0, 4, "a");
  tape.paint(6, 8, "b");
  tape.paint(8, 12, "a");
  EXPECT_TRUE(tape.cut(3, 9));
  EXPECT_EQ(tape.runs(), (Runs{{0, 6, "a"}}));
  EXPECT_TRUE(tape.cut(-2, -1));
  EXPECT_EQ(tape.runs(), (Runs{{-1, 5, "a"}}));
  EXPECT_TRUE(tape.cut(0, 2));
  EXPECT_EQ(tape.runs(), (Runs{{-1, 3, "a"}}));
  EXPECT_FALSE(tape.cut(3, 100));
}

TEST(Tape, MovesRanges) {
  Tape tape;
  tape.paint(0, 2, "a");
  tape.paint(2, 4, "b");
  tape.paint(6, 8, "c");
  EXPECT_TRUE(tape.move(2, 5, 8));
  EXPECT_EQ(tape.runs(), (Runs{{0, 2, "a"}, {3, 5, "c"}, {5, 7, "b"}}));
  EXPECT_TRUE(tape.move(3, 7, 1));
  EXPECT_EQ(tape.runs(), (Runs{{0, 1, "a"}, {1, 3, "c"}, {3, 5, "b"}, {5, 6, "a"}}));
  EXPECT_TRUE(tape.move(1, 5, 20));
  EXPECT_EQ(tape.runs(), (Runs{{0, 2, "a"}, {16, 18, "c"}, {18, 20, "b"}}));
  EXPECT_TRUE(tape.move(17, 18, 1));
  EXPECT_EQ(tape.runs(), (Runs{{0, 1, "a"}, {1, 2, "c"}, {2, 3, "a"}, {17, 18, "c"}, {18, 20, "b"}}));
  for (long long to : {17, 18, 19, 20}) EXPECT_FALSE(tape.move(17, 20, to));
  EXPECT_FALSE(tape.move(5, 5, 1));
}

TEST(Tape, FollowsTheExample) {
  Tape tape;
  tape.paint(0, 4, "a");
  tape.paint(4, 6, "b");
  EXPECT_EQ(tape.runs(), (Runs{{0, 4, "a"}, {4, 6, "b"}}));
  EXPECT_TRUE(tape.insert(2, 3));
  EXPECT_TRUE(tape.move(7, 9, 1));
  EXPECT_EQ(tape.runs(), (Runs{{0, 1, "a"}, {1, 3, "b"}, {3, 9, "a"}}));
  EXPECT_TRUE(tape.cut(1, 3));
  EXPECT_EQ(tape.runs(), (Runs{{0, 7, "a"}}));
  EXPECT_TRUE(tape.cut(0, 3));
  EXPECT_EQ(tape.runs(), (Runs{{0, 4, "a"}}));
}

TEST(Tape, TellsWhetherAnythingChanged) {
  Tape tape;
  EXPECT_FALSE(tape.erase(0, 5));
  EXPECT_FALSE(tape.cut(0, 5));
  EXPECT_FALSE(tape.insert(0, 5));
  EXPECT_FALSE(tape.move(0, 5, 9));
  EXPECT_FALSE(tape.paint(4, 4, "a"));
  EXPECT_FALSE(tape.fill(4, 4, "a"));
  EXPECT_TRUE(tape.paint(0, 4, "a"));
  EXPECT_FALSE(tape.paint(1, 3, "a"));
  EXPECT_TRUE(tape.paint(1, 3, "b"));
  EXPECT_FALSE(tape.insert(1, 0));
  EXPECT_FALSE(tape.cut(2, 2));
  EXPECT_FALSE(tape.erase(2, 2));
  EXPECT_FALSE(tape.move(20, 25, 8));
  EXPECT_TRUE(tape.move(0, 1, 4));
  EXPECT_EQ(tape.runs(), (Runs{{0, 2, "b"}, {2, 4, "a"}}));
  EXPECT_FALSE(tape.move(2, 3, 4));
  EXPECT_TRUE(tape.undo());
  EXPECT_TRUE(tape.undo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 4, "a"}}));
}

TEST(Tape, UndoesAndRedoes) {
  Tape tape;
  EXPECT_FALSE(tape.undo());
  EXPECT_FALSE(tape.redo());
  tape.paint(0, 4, "a");
  tape.cut(1, 2);
  tape.insert(0, 2);
  tape.move(2, 3, 0);
  EXPECT_EQ(tape.runs(), (Runs{{0, 1, "a"}, {3, 5, "a"}}));
  EXPECT_TRUE(tape.undo());
  EXPECT_EQ(tape.runs(), (Runs{{2, 5, "a"}}));
  EXPECT_TRUE(tape.undo());
  EXPECT_TRUE(tape.undo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 4, "a"}}));
  EXPECT_TRUE(tape.redo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 3, "a"}}));
  EXPECT_TRUE(tape.redo());
  EXPECT_TRUE(tape.redo());
  EXPECT_FALSE(tape.redo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 1, "a"}, {3, 5, "a"}}));
  for (int count = 0; count < 4; ++count) EXPECT_TRUE(tape.undo());
  EXPECT_FALSE(tape.undo());
  EXPECT_EQ(tape.runs(), Runs{});
}

TEST(Tape, ForgetsOldEdits) {
  Tape tape(2);
  for (int at : {0, 1, 2, 3}) tape.paint(at, at + 1, "a");
  EXPECT_TRUE(tape.undo());
  EXPECT_TRUE(tape.undo());
  EXPECT_FALSE(tape.undo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 2, "a"}}));
  EXPECT_TRUE(tape.redo());
  EXPECT_TRUE(tape.redo());
  EXPECT_FALSE(tape.redo());
  EXPECT_TRUE(tape.undo());
  tape.paint(8, 9, "b");
  EXPECT_TRUE(tape.undo());
  EXPECT_TRUE(tape.undo());
  EXPECT_FALSE(tape.undo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 2, "a"}}));

  Tape forgetful(0);
  EXPECT_TRUE(forgetful.paint(0, 1, "a"));
  EXPECT_FALSE(forgetful.undo());
  EXPECT_FALSE(forgetful.redo());
  EXPECT_EQ(forgetful.runs(), (Runs{{0, 1, "a"}}));
}

TEST(Tape, LosesWhatCouldBeRedone) {
  Tape tape;
  tape.paint(0, 4, "a");
  tape.paint(4, 8, "b");
  EXPECT_TRUE(tape.undo());
  EXPECT_FALSE(tape.paint(0, 3, "a"));
  EXPECT_FALSE(tape.move(1, 3, 2));
  EXPECT_TRUE(tape.redo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 4, "a"}, {4, 8, "b"}}));
  EXPECT_TRUE(tape.undo());
  EXPECT_TRUE(tape.erase(0, 1));
  EXPECT_FALSE(tape.redo());
  EXPECT_EQ(tape.runs(), (Runs{{1, 4, "a"}}));
  EXPECT_TRUE(tape.undo());
  EXPECT_EQ(tape.runs(), (Runs{{0, 4, "a"}}));
}

TEST(Tape, ChecksArgumentsInOrder) {
  EXPECT_EQ(kind_of([] { Tape(-1); }), "invalid_argument");
  Tape tape;
  EXPECT_EQ(kind_of([&] { tape.part(2, 1); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.paint(2, 1, "a"); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.paint(1, 1, ""); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.fill(2, 1, "a"); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.fill(1, 1, ""); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.erase(2, 1); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.cut(2, 1); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.insert(2, -1); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { tape.move(2, 1, 0); }), "invalid_argument");
  for (long long beyond : {-kLast - 1, kLast + 2, std::numeric_limits<long long>::max()}) {
    bool low = beyond < 0;
    long long lo = low ? beyond : 0, hi = low ? 0 : beyond;
    EXPECT_EQ(kind_of([&] { tape.label(beyond); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.part(lo, hi); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.paint(lo, hi, "a"); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.fill(lo, hi, "a"); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.erase(lo, hi); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.cut(beyond, beyond); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.insert(beyond, 1); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.move(lo, hi, 0); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { tape.move(1, 2, beyond); }), "out_of_range");
  }
  EXPECT_EQ(kind_of([&] { tape.label(kLast + 1); }), "out_of_range");
  EXPECT_TRUE(tape.paint(0, 1, "a"));

  Tape painted;
  const long long far = kLast + 5;
  painted.paint(0, 1, "a");
  EXPECT_EQ(kind_of([&] { painted.paint(far, 0, "a"); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { painted.paint(0, far, ""); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { painted.fill(0, far, ""); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { painted.insert(far, -1); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { painted.insert(-far, 2 * kLast); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { painted.move(1, 0, far); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { painted.part(far, 0); }), "invalid_argument");
  EXPECT_EQ(painted.runs(), (Runs{{0, 1, "a"}}));
}

TEST(Tape, WorksAtTheLimits) {
  Tape tape;
  EXPECT_TRUE(tape.paint(-kLast, kLast + 1, "a"));
  EXPECT_EQ(tape.label(kLast), Label("a"));
  EXPECT_EQ(tape.label(-kLast), Label("a"));
  EXPECT_TRUE(tape.cut(-kLast, kLast));
  EXPECT_EQ(tape.runs(), (Runs{{-kLast, -kLast + 1, "a"}}));
  EXPECT_TRUE(tape.insert(-kLast, 2 * kLast));
  EXPECT_EQ(tape.runs(), (Runs{{kLast, kLast + 1, "a"}}));
  EXPECT_EQ(kind_of([&] { tape.insert(0, 1); }), "overflow_error");
  EXPECT_EQ(kind_of([&] { tape.insert(0, std::numeric_limits<long long>::max()); }), "overflow_error");
  EXPECT_FALSE(tape.insert(0, 0));
  EXPECT_FALSE(tape.insert(kLast + 1, std::numeric_limits<long long>::max()));
  EXPECT_TRUE(tape.move(kLast, kLast + 1, -kLast));
  EXPECT_TRUE(tape.move(-kLast, 0, kLast + 1));
  EXPECT_EQ(tape.runs(), (Runs{{1, 2, "a"}}));
  EXPECT_FALSE(tape.insert(2, std::numeric_limits<long long>::max()));
}

TEST(Tape, LeavesEverythingAfterAnError) {
  Tape tape;
  tape.paint(0, 4, "a");
  tape.paint(kLast - 3, kLast - 1, "b");
  tape.cut(0, 1);
  EXPECT_TRUE(tape.undo());
  const Runs before = {{0, 4, "a"}, {kLast - 3, kLast - 1, "b"}};
  EXPECT_EQ(kind_of([&] { tape.insert(2, 3); }), "overflow_error");
  EXPECT_EQ(kind_of([&] { tape.paint(3, kLast + 2, "c"); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { tape.move(1, 2, kLast + 2); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { tape.erase(3, 2); }), "invalid_argument");
  EXPECT_EQ(tape.runs(), before);
  EXPECT_TRUE(tape.redo());
  EXPECT_TRUE(tape.undo());
  EXPECT_TRUE(tape.insert(2, 2));
  EXPECT_EQ(tape.runs(), (Runs{{0, 6, "a"}, {kLast - 1, kLast + 1, "b"}}));
}

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  int below(int limit) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<int>((state_ >> 8) % static_cast<uint32_t>(limit));
  }

 private:
  uint32_t state_;
};

// One text per position from 0 on; "" is none.
using Cells = std::vector<std::string>;
static const size_t kCells = 200;

static Runs runs_of(const Cells& cells) {
  Runs found;
  for (size_t at = 0; at < kCells; ++at) {
    if (cells[at].empty()) continue;
    long long position = static_cast<long long>(at);
    if (at > 0 && cells[at - 1] == cells[at]) std::get<1>(found.back()) = position + 1;
    else found.emplace_back(position, position + 1, cells[at]);
  }
  return found;
}

TEST(Tape, AgreesWithAPlainModel) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    Random random(seed);
    const int depth = 3 + random.below(4);
    Tape tape(depth);
    std::vector<Cells> history{Cells(kCells)};  // ends with those that can be redone
    size_t now = 0, oldest = 0;
    for (int step = 0; step < 160; ++step) {
      int lo = random.below(30), hi = lo + random.below(8), to = random.below(40);
      std::string label(1, static_cast<char>('a' + random.below(3)));
      Cells cells = history[now];
      auto at = [&](int position) { return cells.begin() + position; };
      bool said = false;
      int kind = random.below(10);
      if (kind >= 8) {
        bool back = kind == 8 || random.below(2) == 0;
        bool possible = back ? now > oldest : now + 1 < history.size();
        EXPECT_EQ(back ? tape.undo() : tape.redo(), possible);
        if (possible) now = back ? now - 1 : now + 1;
        EXPECT_EQ(tape.runs(), runs_of(history[now]));
        continue;
      }
      if (kind == 0 || kind == 1) {
        said = tape.paint(lo, hi, label);
        for (int each = lo; each < hi; ++each) cells[static_cast<size_t>(each)] = label;
      } else if (kind == 2) {
        said = tape.fill(lo, hi, label);
        for (int each = lo; each < hi; ++each) {
          if (at(each)->empty()) *at(each) = label;
        }
      } else if (kind == 3) {
        said = tape.erase(lo, hi);
        for (int each = lo; each < hi; ++each) at(each)->clear();
      } else if (kind == 4) {
        int count = random.below(4);
        said = tape.insert(lo, count);
        std::string stretched = lo > 0 && *at(lo - 1) == *at(lo) ? *at(lo) : "";
        cells.insert(at(lo), static_cast<size_t>(count), stretched);
      } else if (kind == 5) {
        said = tape.cut(lo, hi);
        cells.erase(at(lo), at(hi));
      } else {
        said = tape.move(lo, hi, to);
        Cells taken(at(lo), at(hi));
        if (to < lo || to > hi) {
          cells.erase(at(lo), at(hi));
          cells.insert(at(to > hi ? to - (hi - lo) : to), taken.begin(), taken.end());
        }
      }
      cells.resize(kCells);
      EXPECT_EQ(said, cells != history[now]) << "seed " << seed << " step " << step;
      if (cells != history[now]) {
        history.resize(now + 1);
        history.push_back(cells);
        ++now;
        if (now > oldest + static_cast<size_t>(depth)) ++oldest;
      }
      ASSERT_EQ(tape.runs(), runs_of(cells)) << "seed " << seed << " step " << step;
    }
  }
}
