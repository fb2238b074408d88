// SPDX-License-Identifier: Apache-2.0
#include "http/token_bucket.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr TokenBucket::Time kStart{1h};
constexpr RateLimit kThree{.interval = 10s, .burst = 3};

TEST(TokenBucket, GivesItsBurstAtOnce) {
  TokenBucket bucket(kThree);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(bucket.take(kStart)) << i;
  EXPECT_TRUE(bucket.take(kStart));
}

TEST(TokenBucket, SaysHowLongToWaitAndThenGives) {
  TokenBucket bucket(kThree);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(bucket.take(kStart));
  EXPECT_EQ(bucket.take(kStart), 10s);
  EXPECT_EQ(bucket.take(kStart + 4s), 6s) << "asking in vain costs nothing";
  EXPECT_FALSE(bucket.take(kStart + 10s));
  EXPECT_EQ(bucket.take(kStart + 10s), 10s);
}

TEST(TokenBucket, HoldsNoMoreThanItsBurst) {
  TokenBucket bucket(kThree);
  EXPECT_FALSE(bucket.take(kStart));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(bucket.take(kStart + 24h)) << i;
  EXPECT_TRUE(bucket.take(kStart + 24h));
}

TEST(TokenBucket, WhatIsGivenBackCanBeTaken) {
  TokenBucket bucket(kThree);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(bucket.take(kStart)) << i;
    bucket.give_back();
  }
}

TEST(TokenBucket, TheLargestLimitDoesNotOverflow) {
  TokenBucket bucket({.interval = kMaxRateInterval, .burst = kMaxRateBurst});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(bucket.take(kStart + 87600h)) << i;
}

}  // namespace
}  // namespace tcpstated
