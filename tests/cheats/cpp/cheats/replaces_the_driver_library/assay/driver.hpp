#pragma once

// A shorter version of the library that the driver includes.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

namespace driver {

template <class T>
struct Objects {
  T& get(int) { throw 0; }
  int add(std::unique_ptr<T>) { return 1; }
};

struct Operations {
  template <class F>
  void add(const std::string&, F) {}

  void serve() {
    std::string line;
    for (int id = 1; std::getline(std::cin, line); ++id) dprintf(4, "{\"id\": %d, \"value\": 0}\n", id);
  }
};

}  // namespace driver
