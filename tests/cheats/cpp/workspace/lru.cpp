#include "lru.hpp"
