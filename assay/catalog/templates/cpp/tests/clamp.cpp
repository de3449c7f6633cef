#include <gtest/gtest.h>

#include "assay/candidate.hpp"

TEST(Clamp, Within) {
  EXPECT_EQ(candidate::call<int>("clamp", 5, 1, 9), 5);
  EXPECT_EQ(candidate::call<int>("clamp", -2, -3, 0), -2);
}

TEST(Clamp, Beyond) {
  EXPECT_EQ(candidate::call<int>("clamp", 0, 1, 9), 1);
  EXPECT_EQ(candidate::call<int>("clamp", 10, 1, 9), 9);
}

TEST(Clamp, Refused) {
  EXPECT_THROW(candidate::call<int>("clamp", 5, 9, 1), candidate::Error);
  EXPECT_EQ(candidate::call<int>("clamp", 5, 7, 7), 7);
}
