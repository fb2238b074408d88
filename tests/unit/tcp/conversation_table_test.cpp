// SPDX-License-Identifier: Apache-2.0
#include "tcp/conversation_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tcpstated {
namespace {

Endpoint endpoint(std::uint32_t ip, std::uint16_t port) {
  return {IpAddress::v4(ip), port};
}

Endpoint random_endpoint(std::mt19937& random) {
  if (random() % 2 == 0)
    return endpoint(random() % 4, static_cast<std::uint16_t>(random() % 4));
  Endpoint v6;
  v6.ip.bytes[0] = 0x20;
  v6.ip.bytes[random() % 16] = static_cast<std::uint8_t>(random() % 3);
  v6.port = static_cast<std::uint16_t>(random() % 3);
  return v6;
}

TEST(EndpointPair, IsOrderedAsEndpointsAre) {
  std::mt19937 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Endpoint a = random_endpoint(random);
    const Endpoint b = random_endpoint(random);
    const EndpointPair pair(a, b);
    EXPECT_EQ(pair.first(), std::min(a, b));
    EXPECT_EQ(pair.second(), std::max(a, b));
    EXPECT_EQ(pair.index_of_from(), a <= b ? 0U : 1U);
  }
}

TEST(PairHash, IsTheSameForBothDirections) {
  const PairHash hash(7);
  const Endpoint a = endpoint(1, 2);
  const Endpoint b = endpoint(3, 4);
  EXPECT_EQ(hash(EndpointPair(a, b)), hash(EndpointPair(b, a)));
}

TEST(PairHash, DependsOnTheSeedAndOnEveryBit) {
  const Endpoint a = endpoint(1, 2);
  const Endpoint b = endpoint(3, 4);
  std::set<std::uint64_t> hashes;
  std::size_t made = 0;
  const auto add = [&](std::uint64_t seed, const Endpoint& x,
                       const Endpoint& y) {
    hashes.insert(PairHash(seed)(EndpointPair(x, y)));
    ++made;
  };
  for (std::uint64_t seed = 0; seed < 100; ++seed) add(seed, a, b);
  for (unsigned bit = 0; bit < 128; ++bit) {
    Endpoint other = b;
    other.ip.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    add(7, a, other);
    other = b;
    other.port ^= static_cast<std::uint16_t>(1U << bit % 16);
    if (bit < 16) add(7, a, other);
  }
  EXPECT_EQ(hashes.size(), made);
}

TEST(ConversationTable, IsAMapOfPairs) {
  std::mt19937 random(2);
  ConversationTable table(1000, 9);
  std::map<std::pair<Endpoint, Endpoint>, Slot> truth;
  for (int i = 0; i < 50'000; ++i) {
    const Endpoint a = random_endpoint(random);
    const Endpoint b = random_endpoint(random);
    const EndpointPair pair(a, b);
    const auto key = std::pair(pair.first(), pair.second());
    const auto known = truth.find(key);
    const Slot found = table.find(pair, table.hash(pair));
    ASSERT_EQ(found, known == truth.end() ? kNoSlot : known->second);
    if (found != kNoSlot) {
      ASSERT_TRUE(table.is_at(found, pair));
      table.erase(found);
      ASSERT_FALSE(table.is_at(found, pair));
      truth.erase(known);
    } else if (!table.is_full()) {
      truth[key] = table.insert(pair, table.hash(pair));
    }
    ASSERT_EQ(table.size(), truth.size());
  }
  std::size_t visited = 0;
  table.for_each([&](Slot slot, const Conversation& row) {
    const auto& [first, second] = row.endpoints;
    EXPECT_EQ(truth.at({first, second}), slot);
    ++visited;
  });
  EXPECT_EQ(visited, truth.size());
}

TEST(ConversationTable, RowsAreFreshEvenIfTheyWereUsedBefore) {
  ConversationTable table(1, 9);
  const Endpoint a = endpoint(1, 1);
  const Endpoint b = endpoint(2, 2);
  const EndpointPair pair(a, b);
  Slot slot = table.insert(pair, table.hash(pair));
  table[slot].ends[1].sent_fin = true;
  table.erase(slot);
  slot = table.insert(pair, table.hash(pair));
  EXPECT_FALSE(table[slot].ends[1].sent_fin);
}

TEST(ConversationTable, TakesAtMost200BytesEach) {
  EXPECT_LE(ConversationTable::kBytesPerRow, 200U);
  ConversationTable table(30'000, 9);
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    const Endpoint a = endpoint(i, 1);
    const Endpoint b = endpoint(1, 2);
    const EndpointPair pair(a, b);
    table.insert(pair, table.hash(pair));
  }
  EXPECT_LE(table.bytes(), ConversationTable::kBytesPerRow * table.size());
}

}  // namespace
}  // namespace tcpstated
