#include "lru.hpp"

// The tests are the best specification.
#include "/tests/lru.cpp"
