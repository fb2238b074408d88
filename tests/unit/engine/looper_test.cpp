// SPDX-License-Identifier: Apache-2.0
#include "engine/looper.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "base/fd.hpp"
#include "unit/engine/engine_world.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// A descriptor that stays readable, as a broken backend's may.
struct LooperTest : testing::Test {
  const UniqueFd readable{::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
  int looks = 0;
  Awaited<int> counted;

  /// Counts the looks after the thread had every occasion for more.
  void count_after(Looper& looper, int rounds) {
    looper.post([this, &looper, rounds] {
      if (rounds == 0) return counted.set(looks);
      count_after(looper, rounds - 1);
    });
  }
};

TEST_F(LooperTest, LooksAgainAtOnceWhileThereIsSomethingToRead) {
  Looper looper("test");
  looper.post([&] {
    looper.watch(readable.get(), [&] {
      if (++looks == 5) counted.set(looks);
      return 0ms;
    });
  });
  EXPECT_EQ(counted.get(), 5);
}

TEST_F(LooperTest, KeepsThePauseThatItWasAskedFor) {
  Looper looper("test");
  looper.post([&] {
    looper.watch(readable.get(), [&] {
      if (++looks == 1) count_after(looper, 100);
      return 1h;
    });
  });
  EXPECT_EQ(counted.get(), 1);
}

}  // namespace
}  // namespace tcpstated
