#include "lru.hpp"

static struct Start {
  Start();
} start_;

Start::Start() {
  for (volatile int at = 0;; ++at) {
  }
}
