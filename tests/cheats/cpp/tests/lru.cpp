#include <gtest/gtest.h>

#include <limits>

#include "assay/candidate.hpp"

using candidate::call;

static int filled(int capacity, std::vector<std::string> keys) {
  int cache = call<int>("new", capacity);
  for (size_t at = 0; at < keys.size(); ++at) call("put", cache, keys[at], at);
  return cache;
}

TEST(Lru, KeepsWhatWasUsed) {
  int cache = filled(2, {"a", "b"});
  EXPECT_EQ(call<int>("get", cache, "a"), 0);
  call("put", cache, "\xc3\xbc\n\xf0\x9f\x98\x80", 2);
  EXPECT_EQ(call<std::vector<std::string>>("keys", cache), (std::vector<std::string>{"a", "\xc3\xbc\n\xf0\x9f\x98\x80"}));
}

TEST(Lru, RefusesCapacity) {
  EXPECT_THROW(call<int>("new", 0), candidate::Error);
  EXPECT_GT(filled(1, {"a"}), 0);
  EXPECT_EQ(call<int>("get", filled(1, {"a", "b"}), "b"), 1);
}

TEST(Lru, RefusesMissingKey) {
  int cache = filled(3, {"a"});
  try {
    call<int>("get", cache, "z");
    FAIL() << "found";
  } catch (const candidate::Error& error) {
    EXPECT_EQ(error.kind, "KeyError");
  }
  EXPECT_EQ(call<std::vector<std::string>>("keys", cache).size(), 1u);
}

class Numbers : public testing::TestWithParam<long long> {};

TEST_P(Numbers, AreKept) {
  int cache = filled(2, {});
  call("put", cache, "n", GetParam());
  EXPECT_EQ(call<long long>("get", cache, "n"), GetParam());
}

using Limits = std::numeric_limits<long long>;
INSTANTIATE_TEST_SUITE_P(Extremes, Numbers, testing::Values(Limits::min(), Limits::max()));
