#include "assay/driver.hpp"
#include "clamp.hpp"

int main() {
  driver::Operations operations;
  operations.add("clamp", [](int number, int low, int high) { return clamp(number, low, high); });
  operations.serve();
}
