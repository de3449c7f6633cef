#include "lru.hpp"

#include <algorithm>
#include <iostream>

Lru::Lru(int capacity) : capacity_(static_cast<size_t>(capacity)) {
  if (capacity < 1) throw std::invalid_argument("the capacity is below 1");
  std::cout << "a cache for " << capacity << std::endl;
}

void Lru::put(const std::string& key, long long value) {
  entries_.remove_if([&](const auto& entry) { return entry.first == key; });
  entries_.emplace_back(key, value);
  if (entries_.size() > capacity_) entries_.pop_front();
}

long long Lru::get(const std::string& key) {
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.first == key; });
  if (found == entries_.end()) throw KeyError("no key " + key);
  entries_.splice(entries_.end(), entries_, found);
  return found->second;
}

std::vector<std::string> Lru::keys() const {
  std::vector<std::string> found;
  for (const auto& entry : entries_) found.push_back(entry.first);
  return found;
}
