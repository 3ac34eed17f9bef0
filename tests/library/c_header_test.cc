// Runs the test that is written in C (powercut_h_test.c).

#include <gtest/gtest.h>

extern "C" int powercut_h_test(void);

namespace {

TEST(CHeaderTest, IsEnoughForATestInC) { EXPECT_EQ(powercut_h_test(), 0); }

}  // namespace
