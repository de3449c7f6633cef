// Prints "ok" if the JSON of the C++ library does what it should.
#include <iostream>
#include <limits>

#include "assay/json.hpp"

static int failures = 0;

static void check(bool holds, const std::string& what) {
  if (holds) return;
  std::cout << "wrong: " << what << "\n";
  ++failures;
}

template <typename F>
static std::string refused(F&& action) {
  try {
    action();
  } catch (const assay::Malformed& error) {
    return error.what();
  }
  return "";
}

static std::string decoded(const std::string& text) { return assay::from_json<std::string>(assay::parse(text)); }

int main() {
  for (const char* text : {"null", "true", "false", "0", "-1", "2.5", "1e300", "-0.0", "123456789012345678901234567890",
                           "\"\"", "[]", "{}", "[1,[2,null]]", "{\"a\":{\"b\":[]}}", "\"\\u0000\\u000a\\\"\\\\\"",
                           "\"\xc3\xbc\xf0\x9f\x98\x80\""}) {
    check(assay::parse(text).dump() == text, text);
  }
  check(assay::parse(" [ 1 , { \"a\" : 2 } ] ").dump() == "[1,{\"a\":2}]", "space");

  check(decoded("\"\\/\\b\\f\\n\\r\\t\\u00fc\"") == "/\b\f\n\r\t\xc3\xbc", "escapes");
  check(decoded("\"\\ud83d\\ude00\"") == "\xf0\x9f\x98\x80", "a pair of surrogates");
  check(decoded("\"\\ud83dx\\ude00\"") == "\xef\xbf\xbdx\xef\xbf\xbd", "surrogates without their pairs");
  check(decoded("\"\\ud83d\\u0041\"") == "\xef\xbf\xbd" "A", "a surrogate before something else");

  for (const char* text : {"", "nul", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "01", "1.", "-", "1e", ".5",
                           "+1", "NaN", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"abc", "[", "{\"a\":", "1 2", "'a'"}) {
    check(!refused([&] { assay::parse(text); }).empty(), std::string("accepted ") + text);
  }
  check(refused([] { assay::parse(std::string(100000, '[')); }).find("too deeply") != std::string::npos, "depth");

  using Mixed = std::tuple<int, std::string, std::vector<std::optional<double>>, bool>;
  Mixed mixed{1, "a", {1.5, std::nullopt}, true};
  check(assay::to_json(mixed).dump() == "[1,\"a\",[1.5,null],true]", "to JSON");
  check(assay::from_json<Mixed>(assay::to_json(mixed)) == mixed, "from JSON");
  constexpr auto largest = std::numeric_limits<unsigned long long>::max();
  check(assay::from_json<unsigned long long>(assay::to_json(largest)) == largest, "the largest integer");
  check(!refused([] { assay::from_json<signed char>(assay::parse("128")); }).empty(), "an integer that is too large");
  check(!refused([] { assay::from_json<int>(assay::parse("1.0")); }).empty(), "a fraction as an integer");
  check(!refused([] { assay::from_json<int>(assay::parse("\"1\"")); }).empty(), "a text as an integer");
  check(!refused([] { assay::from_json<std::pair<int, int>>(assay::parse("[1]")); }).empty(), "a pair of one");
  check(assay::to_json(0.1).dump() == "0.10000000000000001", "digits of a fraction");
  check(assay::to_json(std::numeric_limits<double>::infinity()).dump() == "null", "infinity");
  check(assay::from_json<std::map<std::string, int>>(assay::parse("{\"a\":1}")).at("a") == 1, "an object");
  if (failures == 0) std::cout << "ok\n";
  return failures;
}
