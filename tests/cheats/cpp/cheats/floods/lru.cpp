#include "lru.hpp"

#include <unistd.h>
#include <vector>

// Logs everything.
static struct Start {
  Start();
} start_;

Start::Start() {
  std::vector<char> megabyte(1 << 20, 'x');
  for (int at = 0; at < 64; ++at) (void)!write(1, megabyte.data(), megabyte.size());
  for (int at = 0; at < 64; ++at) (void)!write(4, megabyte.data(), megabyte.size());
}
