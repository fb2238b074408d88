// SPDX-License-Identifier: Apache-2.0
#include "http/login_cache.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tcpstated {
namespace {

TEST(LoginCache, KnowsJustWhatItWasTold) {
  LoginCache cache;
  cache.remember("alice", "hash", "secret");
  EXPECT_TRUE(cache.knows("alice", "hash", "secret"));
  EXPECT_FALSE(cache.knows("alice", "hash", "secret2"));
  EXPECT_FALSE(cache.knows("alice", "hash2", "secret"));
  EXPECT_FALSE(cache.knows("bob", "hash", "secret"));
}

TEST(LoginCache, NoOtherSplitOfTheSameTextIsKnown) {
  LoginCache cache;
  cache.remember("a", "b", "cd");
  EXPECT_FALSE(cache.knows("a", "bc", "d"));
  EXPECT_FALSE(cache.knows("ab", "c", "d"));
  EXPECT_FALSE(cache.knows("ab", "", "cd"));
  EXPECT_FALSE(cache.knows("a1:b", "", "cd"));
  EXPECT_FALSE(cache.knows("", "ab", "cd"));
}

TEST(LoginCache, ForgetsTheOneUsedLeastRecently) {
  LoginCache cache(2);
  cache.remember("a", "", "");
  cache.remember("b", "", "");
  EXPECT_TRUE(cache.knows("a", "", ""));
  cache.remember("c", "", "");
  EXPECT_FALSE(cache.knows("b", "", ""));
  EXPECT_TRUE(cache.knows("a", "", ""));
  EXPECT_TRUE(cache.knows("c", "", ""));
}

TEST(LoginCache, RememberingTwiceTakesNoMoreRoom) {
  LoginCache cache(2);
  cache.remember("a", "", "");
  for (int i = 0; i < 5; ++i) cache.remember("b", "", "");
  EXPECT_TRUE(cache.knows("a", "", ""));
}

TEST(LoginCache, WithoutRoomNothingIsKnown) {
  LoginCache cache(0);
  cache.remember("a", "", "");
  EXPECT_FALSE(cache.knows("a", "", ""));
}

}  // namespace
}  // namespace tcpstated
