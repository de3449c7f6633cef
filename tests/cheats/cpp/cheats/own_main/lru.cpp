#include "lru.hpp"

int main() { return 0; }
