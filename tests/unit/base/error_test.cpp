// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail("odd");
  return number / 2;
}

TEST(Error, AFailureOfOurOwnHasNoCode) {
  const Result<int> result = half(3);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "odd");
  EXPECT_FALSE(result.error().code);
  EXPECT_EQ(half(4), 2);
}

TEST(Error, AFailedCallSaysWhy) {
  const Error error = fail_errno("cannot open '/x'", ENOENT).error();
  EXPECT_EQ(error.message, "cannot open '/x': No such file or directory");
  EXPECT_EQ(error.code, std::errc::no_such_file_or_directory);
}

TEST(Error, AFailedCallTakesErrnoItself) {
  errno = EACCES;
  const Error error = fail_errno("cannot open '/x'").error();
  EXPECT_EQ(error.code, std::errc::permission_denied);
}

TEST(Error, ContextGoesInFrontAndTheCodeStays) {
  const Error error =
      wrap(fail_errno("cannot open '/x'", ENOENT).error(), "loading").error();
  EXPECT_EQ(error.message,
            "loading: cannot open '/x': No such file or directory");
  EXPECT_EQ(error.code, std::errc::no_such_file_or_directory);
}

TEST(Error, AResultOfNothingCanFailToo) {
  const Result<> good;
  const Result<> bad = fail("no");
  EXPECT_TRUE(good);
  EXPECT_FALSE(bad);
}

}  // namespace
}  // namespace tcpstated
