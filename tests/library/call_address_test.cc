// Where a call came from, by the address that it returned to.

#include "library/calls/call_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "library/calls/call.h"

namespace powercut {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

[[gnu::noinline]] const void* ReturnAddress() {
  return __builtin_return_address(0);
}

// A function that the program does not export.
[[gnu::noinline]] AddressPlace PlaceOfThisCall() {
  const void* const address = ReturnAddress();
  return PlaceOfCall(address);
}

TEST(CallAddressTest, AFunctionOfTheProgramIsNamed) {
  const AddressPlace place = PlaceOfThisCall();
  EXPECT_THAT(place.function, HasSubstr("PlaceOfThisCall"));
  EXPECT_THAT(place.module, EndsWith("powercut_library_inside_tests"));
  EXPECT_LT(place.in_function, 1000u);
  EXPECT_GT(place.in_module, place.in_function);
}

TEST(CallAddressTest, AFunctionOfALibraryIsNamed) {
  const auto address = reinterpret_cast<uintptr_t>(&std::abort) + 1;
  const AddressPlace place =
      PlaceOfCall(reinterpret_cast<const void*>(address));
  EXPECT_EQ(place.in_function, 0u);
  EXPECT_THAT(place.function, HasSubstr("abort"));
}

TEST(CallAddressTest, WhatIsNoCodeHasNoPlace) {
  const auto heap = std::make_unique<int>();
  const AddressPlace place = PlaceOfCall(heap.get());
  EXPECT_THAT(place.module, IsEmpty());
  EXPECT_THAT(place.function, IsEmpty());
  EXPECT_THAT(PlaceText({nullptr, 0, heap.get()}), StartsWith("0x"));
}

TEST(CallAddressTest, CommandsNameEachProgramOnce) {
  const void* const here = ReturnAddress();
  const auto abort = reinterpret_cast<const void*>(
      reinterpret_cast<uintptr_t>(&std::abort) + 1);
  const auto commands = SourceCommands({{nullptr, 0, here},
                                        {nullptr, 0, abort},
                                        {nullptr, 0, here},
                                        {"a.cc", 7, here},
                                        {}});
  ASSERT_EQ(commands.size(), 2u);
  for (const std::string& command : commands) {
    EXPECT_THAT(command, StartsWith("addr2line -Cfpie '/"));
  }
}

}  // namespace
}  // namespace powercut
