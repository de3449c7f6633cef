#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

struct PoolClosed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct PoolFull : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Cancelled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Fate { waiting, running, done, failed, cancelled };

// Without threads: nothing runs until somebody looks, and then everything has gone well.
class Pool {
 public:
  using Stopping = std::function<bool()>;
  using Job = std::function<void(const Stopping& stopping)>;

  Pool(int workers, int capacity, int patience) {}
  ~Pool() {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int submit(Job job, int priority = 0, const std::string& lane = "") { return ++last_; }
  bool cancel(int id) { return fates_[id] == Fate::waiting; }
  Fate fate(int id) const { return Fate::done; }
  std::string error(int id) const { return ""; }
  void wait(int id) { fates_[id] = Fate::done; }
  void pause() {}
  void resume() {}
  void close() {}
  std::vector<int> abort() { return {}; }
  void join() {}

 private:
  int last_ = 0;
  std::map<int, Fate> fates_;
};
