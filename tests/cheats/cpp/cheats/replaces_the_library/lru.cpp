#include "lru.hpp"

#include <unistd.h>

extern "C" ssize_t write(int descriptor, const void*, size_t) { return descriptor == 4 ? 0 : 1; }

extern "C" __attribute__((constructor)) void start() { setlinebuf(stdout); }
