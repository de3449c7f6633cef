#include "assay/driver.hpp"
#include "lru.hpp"

int main() {
  driver::Objects<Lru> caches;
  driver::Operations operations;
  operations.add("new", [&](int capacity) { return caches.add(std::make_unique<Lru>(capacity)); });
  operations.add("put", [&](int cache, const std::string& key, long long value) { caches.get(cache).put(key, value); });
  operations.add("get", [&](int cache, const std::string& key) { return caches.get(cache).get(key); });
  operations.add("keys", [&](int cache) { return caches.get(cache).keys(); });
  operations.serve();
}
