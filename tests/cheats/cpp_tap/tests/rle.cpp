#include <iostream>

#include "assay/candidate.hpp"

static int count = 0;

static void check(const std::string& name, bool (*test)()) {
  bool passed = false;
  try {
    passed = test();
  } catch (...) {
  }
  std::cout << (passed ? "ok " : "not ok ") << ++count << " - " << name << std::endl;
}

static std::string ask(const std::string& operation, const std::string& text) {
  return candidate::call<std::string>(operation, text);
}

int main() {
  std::cout << "TAP version 13\n1..3\n";
  std::cout << "# encodes nothing as " << ask("encode", "") << std::endl;
  std::cout << "# decodes nothing as " << ask("decode", "") << std::endl;
  check("encodes", [] { return ask("encode", "aaab") == "a3b1" && ask("encode", "") == ""; });
  check("decodes", [] { return ask("decode", "a3b1") == "aaab" && ask("decode", "x12") == std::string(12, 'x'); });
  check("refuses what has no count", [] {
    try {
      ask("decode", "a1b");
    } catch (const candidate::Error& error) {
      return error.kind == "invalid_argument" && ask("decode", "b2") == "bb";
    }
    return false;
  });
}
