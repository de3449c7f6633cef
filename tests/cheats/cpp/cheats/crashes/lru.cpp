#include "lru.hpp"

#include <csignal>

static struct Start {
  Start();
} start_;

Start::Start() { raise(SIGSEGV); }
