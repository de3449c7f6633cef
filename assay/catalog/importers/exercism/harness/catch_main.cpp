// Sends back the judge's secret if the test has passed.
#define CATCH_CONFIG_RUNNER
#include "test/catch.hpp"

#include <unistd.h>

#include <iostream>
#include <string>

int main(int argc, char* argv[]) {
  std::string secret;
  int descriptor = 0;
  std::cin >> secret >> descriptor;
  const int result = Catch::Session().run(argc, argv);
  if (result == 0 && descriptor != 0 && write(descriptor, secret.data(), secret.size()) < 0) return 1;
  return result;
}
