"""An exercise in C++, in Exercism's format and with content of our own."""

from __future__ import annotations

from tests.catalog.importers.tracks import config

CPP_HEADER = """\
#pragma once
#include <string>

namespace jar {
std::string greeting(const std::string& name);
int room(int sweets);
}  // namespace jar
"""
CPP_EXAMPLE = """\
#include "jar.h"

#include <stdexcept>

namespace jar {
std::string greeting(const std::string& name) { return "Hello, " + (name.empty() ? "you" : name) + "."; }

int room(int sweets) {
  if (sweets > 10) throw std::domain_error("the jar is full");
  return 10 - sweets;
}
}  // namespace jar
"""
CPP_TESTS = r"""#include "jar.h"
#ifdef EXERCISM_TEST_SUITE
#include <catch2/catch.hpp>
#else
#include "test/catch.hpp"
#endif

#include <stdexcept>

// TEST_CASE("a comment") {}

TEST_CASE("nobody, \"you\"") {
    REQUIRE(jar::greeting("") == "Hello, you.");
}

#if defined(EXERCISM_RUN_ALL_TESTS)

TEST_CASE("TEST_CASE(\"name\") -> " "greeting", "[names][task_1]") {
    REQUIRE(jar::greeting("Ana") == "Hello, Ana.");
}

TEST_CASE("[full] jar") {
    REQUIRE(jar::room(3) == 7);
    REQUIRE_THROWS_AS(jar::room(11), std::domain_error);
}

#if defined(EXERCISM_INCLUDE_BENCHMARK)
TEST_CASE("fast") {}
#endif

#endif
"""
CATCH = r"""// As much of Catch2's interface as the tests of these tests use.
#pragma once
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace Catch {
using Test = std::pair<std::string, void (*)()>;
inline std::vector<Test> tests;
inline bool failed = false;
struct Registered {
  Registered(void (*run)(), const char* name, const char* = "") { tests.push_back({name, run}); }
};

#ifdef CATCH_CONFIG_RUNNER
struct Session {
  int run(int argc, char* argv[]) {
    int ran = 0;
    for (auto& [name, run] : tests) {
      if (std::strcmp(argv[1], "--list-test-names-only") == 0) {
        std::cout << name << std::endl;
      } else if (matches(argv[1], name)) {
        ++ran;
        try {
          run();
        } catch (const std::exception& error) {
          std::cout << error.what() << std::endl;
          failed = true;
        }
      }
    }
    return failed || ran != 1 || argc != 2;
  }

  static bool matches(const std::string& pattern, const std::string& name) {
    std::string plain;
    for (std::size_t at = 0; at < pattern.size(); ++at) plain += pattern[pattern[at] == '\\' ? ++at : at];
    return plain == name && pattern[0] != '[';
  }
};
#endif
}  // namespace Catch

#define CATCH_JOINED(one, other) one##other
#define CATCH_NAMED(line, ...)                                                      \
  static void CATCH_JOINED(test_, line)();                                          \
  static Catch::Registered CATCH_JOINED(registered_, line){CATCH_JOINED(test_, line), __VA_ARGS__}; \
  static void CATCH_JOINED(test_, line)()
#define CATCH_LINE(line, ...) CATCH_NAMED(line, __VA_ARGS__)
#define TEST_CASE(...) CATCH_LINE(__LINE__, __VA_ARGS__)
#define REQUIRE(condition) if (!(condition)) Catch::failed = true
#define REQUIRE_THROWS_AS(expression, type) \
  try {                                     \
    (void)(expression);                     \
    Catch::failed = true;                   \
  } catch (const type&) {                   \
  }
"""


def cpp_jar(**changed: str) -> dict[str, str]:
    """``changed``: tests, example or header."""
    return {
        ".docs/instructions.md": "# Instructions\n\nFill a jar.\n",
        ".meta/config.json": config(
            solution=["jar.cpp", "jar.h"], test=["jar_test.cpp"], example=[".meta/example.cpp", ".meta/example.h"]
        ),
        ".meta/example.cpp": changed.get("example", CPP_EXAMPLE),
        ".meta/example.h": CPP_HEADER,
        "jar.cpp": '#include "jar.h"\n\nnamespace jar {}\n',
        "jar.h": "#pragma once\n\nnamespace jar {}\n",
        "jar_test.cpp": changed.get("tests", CPP_TESTS),
        "CMakeLists.txt": "project(jar CXX)\n",
        changed.get("header", "test/catch.hpp"): CATCH,
        "test/tests-main.cpp": '#define CATCH_CONFIG_MAIN\n#include "catch.hpp"\n',
    }
