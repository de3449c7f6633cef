#pragma once

#include <list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct KeyError : std::out_of_range {
  using std::out_of_range::out_of_range;
};

class Lru {
 public:
  explicit Lru(int capacity);
  void put(const std::string& key, long long value);
  long long get(const std::string& key);
  std::vector<std::string> keys() const;

 private:
  size_t capacity_;
  std::list<std::pair<std::string, long long>> entries_;
};
