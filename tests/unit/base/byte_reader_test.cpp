// SPDX-License-Identifier: Apache-2.0
#include "base/byte_reader.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tcpstated {
namespace {

constexpr std::array kBytes{std::byte{0x01}, std::byte{0x02}, std::byte{0x03},
                            std::byte{0x04}, std::byte{0x05}};

TEST(ByteReader, ReadsOneAfterTheOther) {
  ByteReader reader(kBytes);
  EXPECT_EQ(reader.read<std::uint8_t>(), 1);
  EXPECT_EQ(reader.read<std::uint8_t>(), 2);
  EXPECT_EQ(reader.remaining(), 3U);
  EXPECT_FALSE(reader.empty());
}

TEST(ByteReader, NetworkOrderIsTheSameOnEveryHost) {
  ByteReader reader(kBytes);
  EXPECT_EQ(reader.read_be<std::uint16_t>(), 0x0102);
  EXPECT_EQ(ByteReader(kBytes).read_be<std::uint32_t>(), 0x01020304U);
}

TEST(ByteReader, HostOrderIsAsTheBytesLie) {
  std::uint32_t expected = 0;
  std::memcpy(&expected, kBytes.data(), sizeof expected);
  EXPECT_EQ(ByteReader(kBytes).read<std::uint32_t>(), expected);
}

TEST(ByteReader, WhatDoesNotFitLeavesTheCursorWhereItWas) {
  ByteReader reader(kBytes);
  EXPECT_EQ(reader.read<std::uint64_t>(), std::nullopt);
  EXPECT_EQ(reader.read_be<std::uint64_t>(), std::nullopt);
  EXPECT_EQ(reader.take(6), std::nullopt);
  EXPECT_FALSE(reader.skip(6));
  EXPECT_FALSE(reader.skip(static_cast<std::size_t>(-1)));
  EXPECT_EQ(reader.remaining(), kBytes.size());
}

TEST(ByteReader, TheLastByteCanBeRead) {
  ByteReader reader(kBytes);
  ASSERT_TRUE(reader.skip(4));
  EXPECT_EQ(reader.read<std::uint8_t>(), 5);
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(reader.read<std::uint8_t>(), std::nullopt);
  EXPECT_TRUE(reader.skip(0));
}

TEST(ByteReader, TakesAViewOfTheBytesThemselves) {
  ByteReader reader(kBytes);
  ASSERT_TRUE(reader.skip(1));
  const auto taken = reader.take(2);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->data(), kBytes.data() + 1);
  EXPECT_EQ(taken->size(), 2U);
  EXPECT_EQ(reader.rest().data(), kBytes.data() + 3);
}

TEST(ReadPrefix, MissingBytesAreZero) {
  using Four = std::array<std::uint8_t, 4>;
  EXPECT_EQ(read_prefix<Four>(std::span(kBytes).first(2)), (Four{1, 2, 0, 0}));
  EXPECT_EQ(read_prefix<Four>(kBytes), (Four{1, 2, 3, 4}));
  EXPECT_EQ(read_prefix<Four>({}), Four{});
}

}  // namespace
}  // namespace tcpstated
