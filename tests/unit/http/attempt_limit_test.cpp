// SPDX-License-Identifier: Apache-2.0
#include "http/attempt_limit.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr AttemptLimit::Time kStart{1h};
constexpr RateLimit kTwo{.interval = 5s, .burst = 2};

TEST(AttemptLimit, AnAddressIsStoppedAfterItsBurst) {
  AttemptLimit limit(kTwo, 10);
  EXPECT_FALSE(limit.begin("10.0.0.7", kStart));
  EXPECT_FALSE(limit.begin("10.0.0.7", kStart));
  EXPECT_EQ(limit.begin("10.0.0.7", kStart), 5s);
  EXPECT_FALSE(limit.begin("10.0.0.7", kStart + 5s));
}

TEST(AttemptLimit, OthersAreNotStoppedWithIt) {
  AttemptLimit limit(kTwo, 10);
  while (!limit.begin("10.0.0.7", kStart)) {
  }
  EXPECT_FALSE(limit.begin("10.0.0.8", kStart));
  EXPECT_FALSE(limit.begin("", kStart)) << "the unix socket";
}

TEST(AttemptLimit, TheAddressesOfAnIpv6NetworkAreOne) {
  AttemptLimit limit(kTwo, 10);
  EXPECT_FALSE(limit.begin("2001:db8:0:1::1", kStart));
  EXPECT_FALSE(limit.begin("2001:db8:0:1:ffff::2", kStart));
  EXPECT_TRUE(limit.begin("2001:db8:0:1::3", kStart));
  EXPECT_FALSE(limit.begin("2001:db8:0:2::1", kStart));
}

TEST(AttemptLimit, ASuccessDoesNotCount) {
  AttemptLimit limit(kTwo, 10);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(limit.begin("10.0.0.7", kStart)) << i;
    limit.forgive("10.0.0.7");
  }
}

TEST(AttemptLimit, RemembersTheAddressesSeenLast) {
  AttemptLimit limit(kTwo, 2);
  while (!limit.begin("10.0.0.1", kStart)) {
  }
  EXPECT_FALSE(limit.begin("10.0.0.2", kStart));
  EXPECT_TRUE(limit.begin("10.0.0.1", kStart));
  EXPECT_FALSE(limit.begin("10.0.0.3", kStart)) << "10.0.0.2 goes";
  EXPECT_EQ(limit.groups(), 2U);
  EXPECT_TRUE(limit.begin("10.0.0.1", kStart)) << "still known";
}

TEST(AttemptLimit, ForgivingAStrangerDoesNothing) {
  AttemptLimit limit(kTwo, 2);
  limit.forgive("10.0.0.1");
  EXPECT_EQ(limit.groups(), 0U);
}

}  // namespace
}  // namespace tcpstated
