#include "lru.hpp"

// Waits until somebody has put something in.
static struct Start {
  Start();
} start_;

Start::Start() {
  for (volatile int at = 0;; ++at) {
  }
}
