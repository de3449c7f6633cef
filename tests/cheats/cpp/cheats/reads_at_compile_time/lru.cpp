#include "lru.hpp"
#include "/tests/lru.cpp"
#include "../tests/lru.cpp"
