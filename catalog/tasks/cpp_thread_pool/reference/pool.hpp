#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
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

  Pool(int workers, int capacity, int patience) : patience_(patience) {
    if (workers < 1 || capacity < 1 || patience < 1) throw std::invalid_argument("a number is below 1");
    capacity_ = static_cast<size_t>(capacity);
    for (int count = 0; count < workers; ++count) threads_.emplace_back([this] { work(); });
  }

  ~Pool() {
    abort();
    for (auto& thread : threads_) thread.join();
  }

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int submit(Job job, int priority = 0, const std::string& lane = "") {
    if (!job) throw std::invalid_argument("the job is empty");
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) throw PoolClosed("the pool is closed");
    if (waiting_.size() >= capacity_) throw PoolFull("too many jobs are waiting");
    int id = static_cast<int>(tasks_.size()) + 1;
    Task& task = tasks_[id];
    task.id = id;
    task.job = std::move(job);
    task.priority = priority;
    task.lane = lane;
    waiting_.push_back(&task);
    changed_.notify_all();
    return id;
  }

  bool cancel(int id) {
    Job dropped;  // destroyed after the lock, because its destructor may use the pool
    std::lock_guard<std::mutex> lock(mutex_);
    Task& task = tasks_.at(id);
    if (task.fate == Fate::running) task.stop = true;
    if (task.fate != Fate::waiting) return false;
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &task));
    task.fate = Fate::cancelled;
    dropped.swap(task.job);
    changed_.notify_all();
    return true;
  }

  Fate fate(int id) const {
    std::lock_guard<std::mutex> lock(mutex_);
    return tasks_.at(id).fate;
  }

  std::string error(int id) const {
    std::lock_guard<std::mutex> lock(mutex_);
    return tasks_.at(id).error;
  }

  void wait(int id) {
    refuse_inside_jobs();
    std::unique_lock<std::mutex> lock(mutex_);
    const Task& task = tasks_.at(id);
    changed_.wait(lock, [&] { return task.fate != Fate::waiting && task.fate != Fate::running; });
  }

  void pause() {
    std::lock_guard<std::mutex> lock(mutex_);
    paused_ = !closed_;
  }

  void resume() {
    std::lock_guard<std::mutex> lock(mutex_);
    paused_ = false;
    changed_.notify_all();
  }

  void close() {
    std::lock_guard<std::mutex> lock(mutex_);
    close_locked();
  }

  std::vector<int> abort() {
    std::vector<Job> dropped;  // destroyed after the lock
    std::vector<int> cancelled;
    std::lock_guard<std::mutex> lock(mutex_);
    for (Task* task : waiting_) {
      task->fate = Fate::cancelled;
      cancelled.push_back(task->id);
      dropped.push_back(std::move(task->job));
      task->job = nullptr;
    }
    waiting_.clear();
    for (auto& [id, task] : tasks_) {
      if (task.fate == Fate::running) task.stop = true;
    }
    close_locked();
    return cancelled;
  }

  void join() {
    refuse_inside_jobs();
    std::unique_lock<std::mutex> lock(mutex_);
    if (!closed_) throw std::logic_error("the pool is not closed");
    changed_.wait(lock, [&] { return waiting_.empty() && running_ == 0; });
  }

 private:
  struct Task {
    int id = 0;
    Job job;
    int priority = 0;
    std::string lane;
    int passed_over = 0;
    Fate fate = Fate::waiting;
    std::string error;
    std::atomic<bool> stop{false};
  };

  size_t capacity_ = 0;
  int patience_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Task> tasks_;
  std::vector<Task*> waiting_;  // in order of submission
  std::set<std::string> busy_;  // the lanes of running jobs
  int running_ = 0;
  bool paused_ = false;
  bool closed_ = false;
  std::vector<std::thread> threads_;
  inline static thread_local const Pool* working_for_ = nullptr;

  void refuse_inside_jobs() const {
    if (working_for_ == this) throw std::logic_error("a job would wait for its own pool");
  }

  void close_locked() {
    closed_ = true;
    paused_ = false;
    changed_.notify_all();
  }

  bool ready(const Task& task) const { return task.lane.empty() || busy_.count(task.lane) == 0; }

  // Removes the job from those that wait. nullptr if none is ready.
  Task* take() {
    if (paused_) return nullptr;
    auto best = waiting_.end();
    for (auto each = waiting_.begin(); each != waiting_.end(); ++each) {
      if (ready(**each) && (best == waiting_.end() || overtakes(**each, **best))) best = each;
    }
    if (best == waiting_.end()) return nullptr;
    for (auto each = waiting_.begin(); each != best; ++each) {
      if (ready(**each)) ++(*each)->passed_over;
    }
    Task* taken = *best;
    waiting_.erase(best);
    return taken;
  }

  bool overtakes(const Task& later, const Task& earlier) const {
    if (earlier.passed_over >= patience_) return false;
    return later.passed_over >= patience_ || later.priority > earlier.priority;
  }

  void work() {
    working_for_ = this;
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      if (Task* task = take()) {
        run(*task, lock);
      } else if (closed_ && waiting_.empty()) {
        return;
      } else {
        changed_.wait(lock);
      }
    }
  }

  void run(Task& task, std::unique_lock<std::mutex>& lock) {
    Job job;
    job.swap(task.job);
    task.fate = Fate::running;
    ++running_;
    if (!task.lane.empty()) busy_.insert(task.lane);
    lock.unlock();
    auto [fate, error] = outcome(job, task.stop);
    job = nullptr;
    lock.lock();
    task.fate = fate;
    task.error = error;
    --running_;
    busy_.erase(task.lane);
    changed_.notify_all();
  }

  static std::pair<Fate, std::string> outcome(const Job& job, const std::atomic<bool>& stop) {
    try {
      job([&stop] { return stop.load(); });
      return {Fate::done, ""};
    } catch (const Cancelled&) {
      return {Fate::cancelled, ""};
    } catch (const std::exception& error) {
      return {Fate::failed, error.what()};
    } catch (...) {
      return {Fate::failed, "unknown error"};
    }
  }
};
