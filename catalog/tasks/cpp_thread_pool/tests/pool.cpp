#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>

#include "assay/candidate.hpp"

using candidate::call;
using Lines = std::vector<std::string>;
using Ids = std::vector<int>;
using Steps = std::vector<std::pair<std::string, std::string>>;

static const int kPatient = 1000;

struct Bench {
  int number;

  explicit Bench(int workers, int capacity = 100, int patience = kPatient)
      : number(call<int>("new", workers, capacity, patience)) {}

  int submit(const Steps& steps, int priority = 0, const std::string& lane = "") {
    return call<int>("submit", number, steps, priority, lane);
  }
  int note(const std::string& line, int priority = 0, const std::string& lane = "") {
    return submit({{"note", line}}, priority, lane);
  }
  // A job that notes its start and then waits until its gate is opened.
  int gated(const std::string& name, int priority = 0, const std::string& lane = "") {
    return submit({{"note", name}, {"gate", name}}, priority, lane);
  }
  void open(const std::string& gate) { call("open", number, gate); }
  Lines await(int lines) { return call<Lines>("await", number, lines); }
  Lines sorted(int lines) {
    Lines found = await(lines);
    std::sort(found.begin(), found.end());
    return found;
  }
  std::string fate(int id) { return call<std::string>("fate", number, id); }
  std::string error(int id) { return call<std::string>("error", number, id); }
  bool cancel(int id) { return call<bool>("cancel", number, id); }
  void wait(int id) { call("wait", number, id); }
  void act(const char* name) { call(name, number); }
  Ids abort() { return call<Ids>("abort", number); }
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

TEST(Pool, RunsJobsAndTellsTheirFate) {
  Bench bench(1);
  EXPECT_EQ(bench.note("a"), 1);
  EXPECT_EQ(call<int>("submit plainly", bench.number, "b"), 2);
  EXPECT_EQ(bench.note("c", -5, "lane"), 3);
  bench.wait(3);
  EXPECT_EQ(bench.await(3), (Lines{"a", "b", "c"}));
  EXPECT_EQ(bench.fate(1), "done");
  EXPECT_EQ(bench.fate(3), "done");
  EXPECT_EQ(bench.error(1), "");

  Bench throwing(1);
  int failed = throwing.submit({{"fail", "no luck"}});
  int odd = throwing.submit({{"fail oddly", ""}});
  int unasked = throwing.submit({{"give up", "enough"}});
  int last = throwing.note("alive");
  throwing.wait(last);
  EXPECT_EQ(throwing.fate(failed), "failed");
  EXPECT_EQ(throwing.error(failed), "no luck");
  EXPECT_EQ(throwing.fate(odd), "failed");
  EXPECT_EQ(throwing.error(odd), "unknown error");
  EXPECT_EQ(throwing.fate(unasked), "cancelled");
  EXPECT_EQ(throwing.error(unasked), "");
  EXPECT_EQ(throwing.fate(last), "done");
}

TEST(Pool, RefusesBadArgumentsAndUnknownIds) {
  EXPECT_EQ(kind_of([] { Bench(0, 1, 1); }), "invalid_argument");
  EXPECT_EQ(kind_of([] { Bench(1, 0, 1); }), "invalid_argument");
  EXPECT_EQ(kind_of([] { Bench(1, 1, 0); }), "invalid_argument");
  EXPECT_EQ(kind_of([] { Bench(1, 1, -1); }), "invalid_argument");
  Bench bench(1, 1, 1);
  EXPECT_EQ(kind_of([&] { bench.act("submit nothing"); }), "invalid_argument");
  EXPECT_EQ(bench.note("a"), 1);
  bench.act("close");
  EXPECT_EQ(kind_of([&] { bench.act("submit nothing"); }), "invalid_argument");

  Bench used(1);
  used.wait(used.note("a"));
  for (int id : {0, 2, -1}) {
    EXPECT_EQ(kind_of([&] { used.fate(id); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { used.error(id); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { used.cancel(id); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { used.wait(id); }), "out_of_range");
  }
  EXPECT_EQ(used.fate(1), "done");
}

TEST(Pool, TakesHighPrioritiesFirst) {
  Bench bench(1);
  bench.act("pause");
  bench.note("low", -1);
  bench.note("first", 3);
  bench.note("middle", 0);
  bench.note("second", 3);
  bench.note("top", 9);
  bench.note("third", 3);
  bench.act("resume");
  EXPECT_EQ(bench.await(6), (Lines{"top", "first", "second", "third", "middle", "low"}));
}

TEST(Pool, TakesImpatientJobsFirst) {
  Bench bench(1, 100, 2);
  bench.act("pause");
  bench.note("A", 0);
  bench.note("B", 5);
  bench.note("C", 5);
  bench.note("D", 5);
  bench.act("resume");
  EXPECT_EQ(bench.await(4), (Lines{"B", "C", "A", "D"}));

  Bench several(1, 100, 1);
  several.act("pause");
  several.note("low", 0);
  several.note("lower", -1);
  several.note("high", 5);
  several.note("higher", 6);
  several.note("late", -9);
  several.act("resume");
  EXPECT_EQ(several.await(5), (Lines{"higher", "low", "lower", "high", "late"}));

  // Taking an impatient job passes over those before it, and not those after it.
  Bench chain(1, 100, 3);
  chain.act("pause");
  chain.note("a", 0);
  chain.note("b", 1);
  chain.note("c", 2);
  chain.note("d", 3);
  chain.note("e", 4);
  chain.note("f", 5);
  chain.act("resume");
  EXPECT_EQ(chain.await(6), (Lines{"f", "e", "d", "a", "b", "c"}));

  Bench lanes(2, 100, 2);
  lanes.gated("holder", 0, "lane");
  lanes.await(1);
  lanes.gated("other");
  lanes.await(2);
  lanes.gated("held", 0, "lane");
  lanes.gated("a", 5);
  lanes.gated("b", 5);
  lanes.gated("c", 5);
  lanes.open("other");
  lanes.await(3);
  lanes.open("a");
  EXPECT_EQ(lanes.await(4), (Lines{"holder", "other", "a", "b"}));
  lanes.open("holder");
  EXPECT_EQ(lanes.await(5), (Lines{"holder", "other", "a", "b", "c"}));
  lanes.open("b");
  EXPECT_EQ(lanes.await(6).back(), "held");
}

TEST(Pool, UsesAllWorkersButOneForEachLane) {
  Bench bench(3);
  Ids ids;
  for (std::string name : {"a", "b", "c", "d"}) ids.push_back(bench.gated(name));
  EXPECT_EQ(bench.sorted(3), (Lines{"a", "b", "c"}));
  for (int at : {0, 1, 2}) EXPECT_EQ(bench.fate(ids[at]), "running");
  EXPECT_EQ(bench.fate(ids[3]), "waiting");
  bench.open("b");
  EXPECT_EQ(bench.await(4).back(), "d");
  bench.wait(ids[1]);
  EXPECT_EQ(bench.fate(ids[1]), "done");
  EXPECT_EQ(bench.fate(ids[0]), "running");

  Bench lanes(3);
  lanes.gated("a1", 0, "a");
  lanes.await(1);
  int held = lanes.gated("a2", 9, "a");
  lanes.gated("b1", 1, "b");
  lanes.gated("free", 0);
  EXPECT_EQ(lanes.sorted(3), (Lines{"a1", "b1", "free"}));
  EXPECT_EQ(lanes.fate(held), "waiting");
  lanes.open("free");
  lanes.gated("free too");
  EXPECT_EQ(lanes.await(4).back(), "free too");
  EXPECT_EQ(lanes.fate(held), "waiting");
  lanes.open("a1");
  EXPECT_EQ(lanes.await(5).back(), "a2");
  EXPECT_EQ(lanes.fate(held), "running");

  // A job that fails frees its lane as well.
  Bench failing(1);
  failing.submit({{"fail", "x"}}, 0, "lane");
  failing.note("next", 0, "lane");
  EXPECT_EQ(failing.await(1), (Lines{"next"}));
}

TEST(Pool, CancelsWaitingJobs) {
  Bench bench(1, 2);
  int running = bench.gated("gate");
  bench.await(1);
  int first = bench.note("first");
  int second = bench.note("second");
  EXPECT_TRUE(bench.cancel(first));
  EXPECT_EQ(bench.fate(first), "cancelled");
  EXPECT_EQ(bench.error(first), "");
  EXPECT_FALSE(bench.cancel(first));
  bench.wait(first);
  int third = bench.note("third");
  EXPECT_EQ(third, 4);
  bench.open("gate");
  bench.wait(third);
  EXPECT_EQ(bench.await(3), (Lines{"gate", "second", "third"}));
  EXPECT_FALSE(bench.cancel(second));
  EXPECT_EQ(bench.fate(second), "done");
  EXPECT_EQ(bench.fate(running), "done");
}

TEST(Pool, AsksRunningJobsToStop) {
  Bench bench(2);
  int obedient = bench.submit({{"note", "a"}, {"gate", "a"}, {"stopping", ""}, {"give up", "stop"}});
  int stubborn = bench.submit({{"note", "b"}, {"gate", "b"}, {"stopping", ""}});
  bench.await(2);
  EXPECT_FALSE(bench.cancel(obedient));
  EXPECT_EQ(bench.fate(obedient), "running");
  bench.open("b");
  bench.wait(stubborn);
  EXPECT_EQ(bench.await(3).back(), "not asked");
  bench.open("a");
  bench.wait(obedient);
  EXPECT_EQ(bench.await(4).back(), "asked");
  EXPECT_EQ(bench.fate(obedient), "cancelled");
  EXPECT_EQ(bench.error(obedient), "");

  int done = bench.submit({{"until asked", ""}});
  int next = bench.submit({{"stopping", ""}}, 0, "after");
  bench.wait(next);
  EXPECT_EQ(bench.await(5).back(), "not asked");
  EXPECT_FALSE(bench.cancel(done));
  bench.wait(done);
  EXPECT_EQ(bench.await(6).back(), "asked");
  EXPECT_EQ(bench.fate(done), "done");

  int failing = bench.submit({{"note", "c"}, {"until asked", ""}, {"fail", "late"}});
  bench.await(7);
  EXPECT_FALSE(bench.cancel(failing));
  bench.wait(failing);
  EXPECT_EQ(bench.fate(failing), "failed");
  EXPECT_EQ(bench.error(failing), "late");
}

TEST(Pool, LimitsWaitingJobs) {
  Bench bench(1, 2);
  bench.gated("gate");
  bench.await(1);
  bench.note("a");
  bench.note("b");
  EXPECT_EQ(kind_of([&] { bench.note("c"); }), "PoolFull");
  EXPECT_EQ(kind_of([&] { bench.act("submit nothing"); }), "invalid_argument");
  bench.open("gate");
  bench.wait(3);
  EXPECT_EQ(bench.note("d"), 4);
  bench.wait(4);
  bench.act("pause");
  bench.note("e");
  bench.note("f");
  EXPECT_EQ(kind_of([&] { bench.note("g"); }), "PoolFull");
  bench.act("resume");
  EXPECT_EQ(bench.await(6), (Lines{"gate", "a", "b", "d", "e", "f"}));

  Bench closed(1, 1);
  closed.gated("gate");
  closed.await(1);
  closed.note("a");
  closed.act("close");
  EXPECT_EQ(kind_of([&] { closed.note("b"); }), "PoolClosed");
}

TEST(Pool, Pauses) {
  Bench bench(2);
  int running = bench.gated("running");
  bench.await(1);
  bench.act("pause");
  int low = bench.note("low", 1);
  bench.open("running");
  bench.wait(running);
  int high = bench.note("high", 2, "lane");
  bench.note("higher", 3, "lane");
  bench.act("pause");
  EXPECT_EQ(bench.fate(low), "waiting");
  EXPECT_EQ(bench.fate(high), "waiting");
  EXPECT_EQ(bench.fate(running), "done");
  EXPECT_EQ(bench.await(1), (Lines{"running"}));
  EXPECT_TRUE(bench.cancel(low));
  bench.act("resume");
  EXPECT_EQ(bench.await(3), (Lines{"running", "higher", "high"}));
}

TEST(Pool, ClosesAndRunsWhatWaits) {
  Bench bench(1);
  bench.act("pause");
  int first = bench.submit({{"gate", "go"}, {"submit", "never"}, {"note", "first"}});
  int second = bench.note("second");
  bench.act("close");
  EXPECT_EQ(kind_of([&] { bench.note("third"); }), "PoolClosed");
  bench.act("pause");
  bench.open("go");
  bench.act("join");
  EXPECT_EQ(bench.await(3), (Lines{"PoolClosed", "first", "second"}));
  EXPECT_EQ(bench.fate(first), "done");
  EXPECT_EQ(bench.fate(second), "done");
  bench.act("close");
  bench.act("resume");
  EXPECT_EQ(kind_of([&] { bench.note("fourth"); }), "PoolClosed");
  bench.act("join");

  Bench paused(1);
  paused.act("pause");
  for (std::string name : {"a", "b", "c"}) paused.submit({{"nap", ""}, {"note", name}});
  paused.act("close and join");
  for (int id : {1, 2, 3}) EXPECT_EQ(paused.fate(id), "done");
}

TEST(Pool, AbortsWhatWaits) {
  Bench bench(1);
  int running = bench.submit({{"note", "start"}, {"until asked", ""}, {"give up", ""}});
  bench.await(1);
  int low = bench.note("low", 0);
  int high = bench.note("high", 5);
  int gone = bench.note("gone", 7);
  EXPECT_TRUE(bench.cancel(gone));
  EXPECT_EQ(bench.abort(), (Ids{low, high}));
  EXPECT_EQ(kind_of([&] { bench.note("late"); }), "PoolClosed");
  bench.act("join");
  EXPECT_EQ(bench.await(2), (Lines{"start", "asked"}));
  EXPECT_EQ(bench.fate(running), "cancelled");
  EXPECT_EQ(bench.fate(low), "cancelled");
  EXPECT_EQ(bench.fate(high), "cancelled");
  EXPECT_EQ(bench.abort(), (Ids{}));

  Bench closed(1);
  int stopped = closed.submit({{"note", "start"}, {"until asked", ""}});
  int waiting = closed.note("never");
  closed.await(1);
  closed.act("close");
  EXPECT_EQ(closed.abort(), (Ids{waiting}));
  closed.act("join");
  EXPECT_EQ(closed.await(2), (Lines{"start", "asked"}));
  EXPECT_EQ(closed.fate(stopped), "done");
}

TEST(Pool, WaitsAndJoinsOutsideOfJobs) {
  Bench bench(1);
  EXPECT_EQ(kind_of([&] { bench.act("join"); }), "logic_error");
  int napping = bench.submit({{"nap", ""}});
  bench.wait(napping);
  EXPECT_EQ(bench.fate(napping), "done");
  bench.wait(napping);

  int gated = bench.submit({{"gate", "go"}, {"note", "end"}});
  call("wait apart", bench.number, gated);
  EXPECT_EQ(bench.await(1), (Lines{"before wait"}));
  bench.open("go");
  EXPECT_EQ(bench.await(3), (Lines{"before wait", "end", "after wait"}));

  Bench joined(2);
  joined.submit({{"gate", "a"}, {"note", "end a"}}, 0, "lane");
  joined.submit({{"gate", "b"}, {"note", "end b"}}, 0, "lane");
  joined.act("close");
  joined.act("join apart");
  joined.open("a");
  EXPECT_EQ(joined.await(2), (Lines{"before join", "end a"}));
  joined.open("b");
  EXPECT_EQ(joined.await(4), (Lines{"before join", "end a", "end b", "after join"}));

  Bench inside(2);
  int over = inside.note("over");
  inside.wait(over);
  inside.wait(inside.submit({{"wait", "2"}, {"wait", "1"}, {"wait", "99"}, {"join", ""}, {"close", ""}, {"join", ""}}));
  EXPECT_EQ(inside.await(6), (Lines{"over", "logic_error", "logic_error", "logic_error", "logic_error", "logic_error"}));
  EXPECT_EQ(inside.fate(2), "done");
  inside.act("join");
}

TEST(Pool, IsUsableByItsJobs) {
  Bench bench(1);
  bench.act("pause");
  int user = bench.submit({{"fate", "1"}, {"cancel", "2"}, {"fate", "2"}, {"submit", "child"}, {"cancel", "1"},
                           {"stopping", ""}, {"fate", "9"}});
  int victim = bench.note("victim");
  bench.act("resume");
  EXPECT_EQ(bench.await(8), (Lines{"running", "true", "cancelled", "3", "false", "asked", "out_of_range", "child"}));
  EXPECT_EQ(bench.fate(user), "done");
  EXPECT_EQ(bench.fate(victim), "cancelled");
  bench.act("pause");
  bench.submit({{"abort", ""}, {"stopping", ""}});
  bench.note("never");
  bench.act("resume");
  EXPECT_EQ(bench.await(10).back(), "asked");
  EXPECT_EQ(bench.await(10)[8], "1");
}

TEST(Pool, AbortsWhenDestroyed) {
  Bench bench(2);
  bench.submit({{"note", "a"}, {"until asked", ""}, {"gate", "a"}, {"note", "end a"}}, 0, "lane");
  bench.await(1);
  bench.note("never", 0, "lane");
  call("destroy apart", bench.number);
  EXPECT_EQ(bench.await(3), (Lines{"a", "before destroy", "asked"}));
  bench.open("a");
  EXPECT_EQ(bench.await(5), (Lines{"a", "before destroy", "asked", "end a", "after destroy"}));
}

TEST(Pool, DestroysFunctionsInTime) {
  Bench bench(1);
  auto lives = [&](int id) { return call<bool>("function lives", bench.number, id); };
  int running = bench.gated("gate");
  bench.await(1);
  int cancelled = bench.note("never");
  int failing = bench.submit({{"fail", "x"}});
  int done = bench.note("b");
  EXPECT_TRUE(lives(running));
  EXPECT_TRUE(lives(cancelled));
  EXPECT_TRUE(bench.cancel(cancelled));
  EXPECT_FALSE(lives(cancelled));
  bench.open("gate");
  bench.wait(running);
  EXPECT_FALSE(lives(running));
  bench.wait(done);
  EXPECT_FALSE(lives(failing));
  EXPECT_FALSE(lives(done));
  bench.act("pause");
  int aborted = bench.note("never");
  EXPECT_TRUE(lives(aborted));
  EXPECT_EQ(bench.abort(), (Ids{aborted}));
  bench.act("join");
  EXPECT_FALSE(lives(aborted));
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

// Takes jobs by the letter of the task, on plain lists.
struct Model {
  struct Job {
    int id, priority;
    std::string lane;
    int passed;
  };
  size_t workers;
  int patience;
  std::vector<Job> waiting;
  std::vector<Job> running;
  std::vector<int> started;

  bool ready(const Job& job) const {
    for (const Job& each : running) {
      if (!job.lane.empty() && each.lane == job.lane) return false;
    }
    return true;
  }

  void fill() {
    while (running.size() < workers) {
      std::vector<Job> able;
      for (const Job& job : waiting) {
        if (ready(job)) able.push_back(job);
      }
      if (able.empty()) return;
      std::stable_sort(able.begin(), able.end(), [&](const Job& one, const Job& two) {
        bool first = one.passed >= patience, second = two.passed >= patience;
        if (first || second) return first && (!second || one.id < two.id);
        return one.priority > two.priority;
      });
      Job taken = able.front();
      for (Job& job : waiting) {
        if (job.id < taken.id && ready(job)) ++job.passed;
      }
      waiting.erase(std::find_if(waiting.begin(), waiting.end(), [&](const Job& job) { return job.id == taken.id; }));
      running.push_back(taken);
      started.push_back(taken.id);
    }
  }
};

TEST(Pool, TakesJobsLikeAPlainModel) {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    Random random(seed);
    int workers = 1 + random.below(3), patience = 1 + random.below(4);
    Bench bench(workers, 1000, patience);
    Model model{static_cast<size_t>(workers), patience, {}, {}, {}};
    auto submit = [&] {
      int priority = random.below(5);
      std::string lane = std::vector<std::string>{"", "", "x", "y"}[random.below(4)];
      std::string name = std::to_string(model.started.size() + model.waiting.size() + 1);
      int id = bench.gated(name, priority, lane);
      model.waiting.push_back({id, priority, lane, 0});
    };
    auto agree = [&] {
      model.fill();
      Lines expected;
      for (int id : model.started) expected.push_back(std::to_string(id));
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(bench.sorted(static_cast<int>(expected.size())), expected) << "seed " << seed;
    };
    bench.act("pause");
    for (int count = 0; count < 14; ++count) submit();
    bench.act("resume");
    ASSERT_NO_FATAL_FAILURE(agree());
    for (int count = 0; count < 6; ++count) {
      submit();
      ASSERT_NO_FATAL_FAILURE(agree());
    }
    while (!model.running.empty()) {
      size_t at = static_cast<size_t>(random.below(static_cast<int>(model.running.size())));
      int id = model.running[at].id;
      model.running.erase(model.running.begin() + static_cast<long>(at));
      bench.open(std::to_string(id));
      bench.wait(id);
      ASSERT_NO_FATAL_FAILURE(agree());
    }
    EXPECT_EQ(model.started.size(), 20u);
    for (int id : model.started) EXPECT_EQ(bench.fate(id), "done");
  }
}
