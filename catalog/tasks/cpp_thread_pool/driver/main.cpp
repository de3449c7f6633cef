// Jobs are lists of steps, each a verb and an argument; what they do is told by the log of their bench.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "assay/driver.hpp"
#include "pool.hpp"

using Steps = std::vector<std::pair<std::string, std::string>>;

struct Bench {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> log;
  std::set<std::string> open;
  bool all_open = false;
  std::map<int, std::weak_ptr<int>> functions;
  std::unique_ptr<Pool> pool;

  ~Bench() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      all_open = true;
      changed.notify_all();
    }
    pool.reset();
  }

  void note(const std::string& line) {
    std::lock_guard<std::mutex> lock(mutex);
    log.push_back(line);
    changed.notify_all();
  }

  void open_gate(const std::string& gate) {
    std::lock_guard<std::mutex> lock(mutex);
    open.insert(gate);
    changed.notify_all();
  }

  void pass_gate(const std::string& gate) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return all_open || open.count(gate) > 0; });
  }

  // Once something was awaited in vain, a pool that never runs anything shall not take long to grade.
  std::vector<std::string> await(size_t lines) {
    static std::chrono::milliseconds most{2000};
    std::unique_lock<std::mutex> lock(mutex);
    if (!changed.wait_for(lock, most, [&] { return log.size() >= lines; })) {
      most = std::chrono::milliseconds(50);
      throw std::runtime_error("awaited in vain");
    }
    return log;
  }
};

static void nap(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

static std::string text(Fate fate) {
  switch (fate) {
    case Fate::waiting: return "waiting";
    case Fate::running: return "running";
    case Fate::done: return "done";
    case Fate::failed: return "failed";
    case Fate::cancelled: return "cancelled";
  }
  return "?";
}

template <typename F>
static std::string outcome(F action) {
  try {
    return action();
  } catch (const PoolClosed&) {
    return "PoolClosed";
  } catch (const PoolFull&) {
    return "PoolFull";
  } catch (const std::out_of_range&) {
    return "out_of_range";
  } catch (const std::logic_error&) {
    return "logic_error";
  }
}

static void step(Bench& bench, Pool& pool, const std::string& verb, const std::string& argument,
                 const Pool::Stopping& stopping) {
  auto id = [&] { return std::atoi(argument.c_str()); };
  if (verb == "note") bench.note(argument);
  if (verb == "gate") bench.pass_gate(argument);
  if (verb == "nap") nap(5);
  if (verb == "fail") throw std::runtime_error(argument);
  if (verb == "fail oddly") throw 7;
  if (verb == "give up") throw Cancelled(argument);
  if (verb == "stopping") bench.note(stopping() ? "asked" : "not asked");
  if (verb == "until asked") {
    for (int count = 0; count < 1500 && !stopping(); ++count) nap(2);
    bench.note(stopping() ? "asked" : "never asked");
  }
  if (verb == "submit") {
    bench.note(outcome([&] {
      return std::to_string(pool.submit([&bench, argument](const Pool::Stopping&) { bench.note(argument); }));
    }));
  }
  if (verb == "cancel") bench.note(outcome([&] { return pool.cancel(id()) ? "true" : "false"; }));
  if (verb == "fate") bench.note(outcome([&] { return text(pool.fate(id())); }));
  if (verb == "wait") bench.note(outcome([&] { return pool.wait(id()), "returned"; }));
  if (verb == "join") bench.note(outcome([&] { return pool.join(), "returned"; }));
  if (verb == "close") pool.close();
  if (verb == "abort") bench.note(std::to_string(pool.abort().size()));
}

int main() {
  driver::Objects<Bench> benches;
  driver::Operations operations;
  auto pool = [&](int bench) -> Pool& { return *benches.get(bench).pool; };

  operations.add("new", [&](int workers, int capacity, int patience) {
    auto bench = std::make_unique<Bench>();
    bench->pool = std::make_unique<Pool>(workers, capacity, patience);
    return benches.add(std::move(bench));
  });
  operations.add("submit", [&](int number, const Steps& steps, int priority, const std::string& lane) {
    Bench& bench = benches.get(number);
    auto token = std::make_shared<int>(0);
    std::weak_ptr<int> function = token;
    Pool* pool = bench.pool.get();
    Pool::Job job = [&bench, pool, steps, token](const Pool::Stopping& stopping) {
      for (const auto& [verb, argument] : steps) step(bench, *pool, verb, argument, stopping);
    };
    token.reset();
    int id = pool->submit(std::move(job), priority, lane);
    bench.functions[id] = function;
    return id;
  });
  operations.add("submit plainly", [&](int number, const std::string& line) {
    Bench& bench = benches.get(number);
    return bench.pool->submit([&bench, line](const Pool::Stopping&) { bench.note(line); });
  });
  operations.add("submit nothing", [&](int bench) { return pool(bench).submit(nullptr); });
  operations.add("cancel", [&](int bench, int id) { return pool(bench).cancel(id); });
  operations.add("fate", [&](int bench, int id) { return text(pool(bench).fate(id)); });
  operations.add("error", [&](int bench, int id) { return pool(bench).error(id); });
  operations.add("wait", [&](int bench, int id) { pool(bench).wait(id); });
  operations.add("pause", [&](int bench) { pool(bench).pause(); });
  operations.add("resume", [&](int bench) { pool(bench).resume(); });
  operations.add("close", [&](int bench) { pool(bench).close(); });
  operations.add("abort", [&](int bench) { return pool(bench).abort(); });
  operations.add("join", [&](int bench) { pool(bench).join(); });
  // Without a pause in between, in which the workers could begin.
  operations.add("close and join", [&](int bench) {
    pool(bench).close();
    pool(bench).join();
  });
  operations.add("function lives", [&](int bench, int id) { return !benches.get(bench).functions.at(id).expired(); });
  operations.add("open", [&](int bench, const std::string& gate) { benches.get(bench).open_gate(gate); });
  operations.add("await", [&](int bench, int lines) { return benches.get(bench).await(static_cast<size_t>(lines)); });

  // In threads of their own, because they block.
  auto apart = [&](int number, const std::string& name, auto action) {
    Bench& bench = benches.get(number);
    std::thread([&bench, name, action] {
      bench.note("before " + name);
      action(bench);
      bench.note("after " + name);
    }).detach();
    bench.await(1);
    nap(3);
  };
  operations.add("wait apart", [&](int bench, int id) {
    apart(bench, "wait", [id](Bench& it) { it.pool->wait(id); });
  });
  operations.add("join apart", [&](int bench) { apart(bench, "join", [](Bench& it) { it.pool->join(); }); });
  operations.add("destroy apart", [&](int bench) {
    apart(bench, "destroy", [](Bench& it) { delete it.pool.release(); });
  });
  operations.serve();
}
