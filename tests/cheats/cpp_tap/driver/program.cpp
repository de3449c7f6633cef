#include "assay/driver.hpp"
#include "rle.hpp"

int main() {
  driver::Operations operations;
  operations.add("encode", [](const std::string& text) { return encode(text); });
  operations.add("decode", [](const std::string& text) { return decode(text); });
  operations.serve();
}
