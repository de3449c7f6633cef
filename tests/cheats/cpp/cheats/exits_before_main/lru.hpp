#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

struct KeyError : std::out_of_range {
  using std::out_of_range::out_of_range;
};

class Lru {
 public:
  explicit Lru(int capacity) : capacity_(capacity) {}

  void put(const std::string& key, int value) { entries_[key] = value; }

  long long get(const std::string& key) { return entries_[key]; }

  std::vector<std::string> keys() const {
    std::vector<std::string> found;
    for (const auto& entry : entries_) found.push_back(entry.first);
    return found;
  }

 private:
  int capacity_;
  std::map<std::string, int> entries_;
};
