// SPDX-License-Identifier: Apache-2.0
#include "tcp/four_tuple.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <vector>

namespace tcpstated {
namespace {

constexpr std::uint64_t kSeed = 0x243f6a8885a308d3U;

SocketKey key(std::uint32_t local, std::uint16_t local_port,
              std::uint32_t remote, std::uint16_t remote_port,
              std::uint32_t netns = 0, std::uint64_t cookie = 0) {
  return {.tuple = {.local = {IpAddress::v4(local), local_port},
                    .remote = {IpAddress::v4(remote), remote_port},
                    .netns = netns},
          .cookie = cookie};
}

/// Different hashes of `keys`, and different buckets of a table of 4096.
std::pair<std::size_t, std::size_t> spread(const std::vector<SocketKey>& keys) {
  std::set<std::size_t> hashes;
  std::set<std::size_t> buckets;
  for (const SocketKey& each : keys) {
    hashes.insert(SocketKeyHash{kSeed}(each));
    buckets.insert(SocketKeyHash{kSeed}(each) % 4096);
  }
  return {hashes.size(), buckets.size()};
}

/// 4096 balls thrown at random into 4096 buckets fill 2589 (1 - 1/e), give or
/// take 32.
constexpr std::size_t kFewestBuckets = 2400;

TEST(FourTuple, IsWrittenLocalEndFirst) {
  EXPECT_EQ(key(0x0a000001, 80, 0x0a000002, 51000).tuple.to_string(),
            "10.0.0.1:80 -> 10.0.0.2:51000");
}

TEST(FourTuple, ReversedTwiceIsItself) {
  const FourTuple tuple = key(1, 2, 3, 4, 5).tuple;
  EXPECT_EQ(tuple.reversed().local, tuple.remote);
  EXPECT_EQ(tuple.reversed().netns, tuple.netns);
  EXPECT_NE(tuple.reversed(), tuple);
  EXPECT_EQ(tuple.reversed().reversed(), tuple);
}

TEST(SocketKeyHash, IsTheSameForTheSameKeyAndSeed) {
  EXPECT_EQ(SocketKeyHash{kSeed}(key(1, 2, 3, 4)),
            SocketKeyHash{kSeed}(key(1, 2, 3, 4)));
}

TEST(SocketKeyHash, DependsOnTheSeed) {
  std::set<std::size_t> hashes;
  for (std::uint64_t seed = 0; seed < 1000; ++seed)
    hashes.insert(SocketKeyHash{seed}(key(1, 2, 3, 4)));
  EXPECT_EQ(hashes.size(), 1000U);
}

TEST(SocketKeyHash, TwoKeysThatShareABucketPartWithAnotherSeed) {
  // Keys an attacker found to collide in one process are of no use in another.
  std::vector<SocketKey> colliding;
  for (std::uint32_t i = 0; colliding.size() < 64; ++i) {
    const SocketKey candidate = key(0x0a000001, 80, i, 51000);
    if (SocketKeyHash{kSeed}(candidate) % 256 == 0)
      colliding.push_back(candidate);
  }
  std::set<std::size_t> buckets;
  for (const SocketKey& each : colliding)
    buckets.insert(SocketKeyHash{kSeed + 1}(each) % 256);
  EXPECT_GT(buckets.size(), 40U);
}

TEST(SocketKeyHash, EveryPartCounts) {
  const SocketKey base = key(1, 2, 3, 4, 5, 6);
  const std::set<std::size_t> hashes{
      SocketKeyHash{kSeed}(base),
      SocketKeyHash{kSeed}(key(9, 2, 3, 4, 5, 6)),
      SocketKeyHash{kSeed}(key(1, 9, 3, 4, 5, 6)),
      SocketKeyHash{kSeed}(key(1, 2, 9, 4, 5, 6)),
      SocketKeyHash{kSeed}(key(1, 2, 3, 9, 5, 6)),
      SocketKeyHash{kSeed}(key(1, 2, 3, 4, 9, 6)),
      SocketKeyHash{kSeed}(key(1, 2, 3, 4, 5, 9)),
  };
  EXPECT_EQ(hashes.size(), 7U);
}

TEST(SocketKeyHash, AllSixteenBytesOfAnIpv6AddressCount) {
  std::set<std::size_t> hashes;
  for (std::size_t i = 0; i < 16; ++i) {
    SocketKey local;
    local.tuple.local.ip.bytes[i] = 1;
    SocketKey remote;
    remote.tuple.remote.ip.bytes[i] = 1;
    hashes.insert(SocketKeyHash{kSeed}(local));
    hashes.insert(SocketKeyHash{kSeed}(remote));
  }
  EXPECT_EQ(hashes.size(), 32U);
}

TEST(SocketKeyHash, BothEndsOfALoopbackConnectionDiffer) {
  const SocketKey end = key(0x7f000001, 80, 0x7f000001, 51000);
  const SocketKey other{.tuple = end.tuple.reversed(), .cookie = 0};
  EXPECT_NE(SocketKeyHash{kSeed}(end), SocketKeyHash{kSeed}(other));
}

TEST(SocketKeyHash, AddressesWithTheSameExclusiveOrDoNotCollide) {
  std::vector<SocketKey> keys;
  for (std::uint32_t i = 0; i < 4096; ++i)
    keys.push_back(key(0x0a000001 ^ i, 80, 0xc0a80001 ^ i, 51000));
  EXPECT_EQ(spread(keys).first, keys.size());
  EXPECT_GT(spread(keys).second, kFewestBuckets);
}

TEST(SocketKeyHash, PortsWithTheSameExclusiveOrDoNotCollide) {
  std::vector<SocketKey> keys;
  for (std::uint32_t i = 0; i < 4096; ++i)
    keys.push_back(key(1, static_cast<std::uint16_t>(80 ^ i), 3,
                       static_cast<std::uint16_t>(51000 ^ i)));
  EXPECT_EQ(spread(keys).first, keys.size());
  EXPECT_GT(spread(keys).second, kFewestBuckets);
}

TEST(SocketKeyHash, AnAddressAndAPortThatChangeTogetherDoNotCollide) {
  std::vector<SocketKey> keys;
  for (std::uint32_t i = 0; i < 4096; ++i)
    keys.push_back(
        key(1, 80, 0xc0a80000 ^ i, static_cast<std::uint16_t>(51000 ^ i)));
  EXPECT_EQ(spread(keys).first, keys.size());
  EXPECT_GT(spread(keys).second, kFewestBuckets);
}

TEST(SocketKeyHash, OneChangedBitChangesHalfOfTheHash) {
  const SocketKey base = key(0x0a000001, 80, 0xc0a80001, 51000, 7, 9);
  const std::size_t hash = SocketKeyHash{kSeed}(base);
  int changed = 0;
  int trials = 0;
  const auto compare = [&](const SocketKey& other) {
    changed += std::popcount(hash ^ SocketKeyHash{kSeed}(other));
    ++trials;
  };
  for (unsigned bit = 0; bit < 64; ++bit) {
    SocketKey other = base;
    other.cookie ^= std::uint64_t{1} << bit;
    compare(other);
  }
  for (std::size_t bit = 0; bit < 128; ++bit) {
    SocketKey other = base;
    other.tuple.remote.ip.bytes[bit / 8] ^=
        static_cast<std::uint8_t>(1U << bit % 8);
    compare(other);
  }
  EXPECT_NEAR(static_cast<double>(changed) / trials, 32.0, 1.5);
}

}  // namespace
}  // namespace tcpstated
