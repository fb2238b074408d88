// SPDX-License-Identifier: Apache-2.0
#include "base/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace tcpstated {
namespace {

int open_something() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFd, NoneIsFalseAndMinusOne) {
  const UniqueFd none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
}

TEST(UniqueFd, ZeroIsADescriptor) {
  UniqueFd zero(0);
  EXPECT_TRUE(zero);
  EXPECT_EQ(zero.release(), 0);
}

TEST(UniqueFd, ClosesWhenItGoes) {
  int number = -1;
  {
    const UniqueFd fd(open_something());
    number = fd.get();
    ASSERT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, AMoveLeavesNothingBehind) {
  UniqueFd from(open_something());
  const int number = from.get();
  const UniqueFd to(std::move(from));
  EXPECT_EQ(to.get(), number);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move): specified
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, MoveAssignmentClosesTheOldOne) {
  UniqueFd to(open_something());
  UniqueFd from(open_something());
  const int old = to.get();
  const int number = from.get();
  to = std::move(from);
  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(number));
  EXPECT_EQ(to.get(), number);
}

TEST(UniqueFd, MoveAssignmentToItselfKeepsIt) {
  UniqueFd fd(open_something());
  const int number = fd.get();
  UniqueFd& same = fd;
  fd = std::move(same);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, AReleasedOneIsNotClosed) {
  UniqueFd fd(open_something());
  const UniqueFd again(fd.release());
  fd.reset();
  EXPECT_TRUE(is_open(again.get()));
}

TEST(UniqueFd, ResetClosesTheOldOneAndTakesTheNew) {
  UniqueFd fd(open_something());
  const int old = fd.get();
  const int number = open_something();
  fd.reset(number);
  EXPECT_FALSE(is_open(old));
  EXPECT_EQ(fd.get(), number);
}

}  // namespace
}  // namespace tcpstated
