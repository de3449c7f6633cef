#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

struct PoolClosed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct PoolFull : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Thrown by a job that gives up because it was asked to stop.
struct Cancelled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Fate { waiting, running, done, failed, cancelled };

class Pool {
 public:
  using Stopping = std::function<bool()>;
  using Job = std::function<void(const Stopping& stopping)>;

  Pool(int workers, int capacity, int patience) { throw std::runtime_error("not implemented"); }
  ~Pool() {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int submit(Job job, int priority = 0, const std::string& lane = "") { throw std::runtime_error("not implemented"); }
  bool cancel(int id) { throw std::runtime_error("not implemented"); }
  Fate fate(int id) const { throw std::runtime_error("not implemented"); }
  std::string error(int id) const { throw std::runtime_error("not implemented"); }
  void wait(int id) { throw std::runtime_error("not implemented"); }
  void pause() { throw std::runtime_error("not implemented"); }
  void resume() { throw std::runtime_error("not implemented"); }
  void close() { throw std::runtime_error("not implemented"); }
  std::vector<int> abort() { throw std::runtime_error("not implemented"); }
  void join() { throw std::runtime_error("not implemented"); }
};
