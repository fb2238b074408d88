// SPDX-License-Identifier: Apache-2.0
#include "kernel/netlink_socket.hpp"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/byte_reader.hpp"

namespace tcpstated {
namespace {

/// What a netlink socket delivers at once, message by message.
class Datagram {
 public:
  Datagram& message(std::uint32_t sequence, std::uint16_t type = 20,
                    std::size_t payload = 8, std::uint16_t flags = 0) {
    return append(static_cast<std::uint32_t>(sizeof(nlmsghdr) + payload), type,
                  flags, sequence, std::vector<std::byte>(payload));
  }
  Datagram& error(std::uint32_t sequence, int error,
                  std::uint16_t type = NLMSG_ERROR) {
    std::vector<std::byte> payload(sizeof error);
    std::memcpy(payload.data(), &error, sizeof error);
    return append(sizeof(nlmsghdr) + sizeof error, type, 0, sequence, payload);
  }
  /// A message whose header claims `length` bytes.
  Datagram& liar(std::uint32_t length) {
    return append(length, 20, 0, 7, std::vector<std::byte>(8));
  }
  Datagram& cut(std::size_t count) {
    bytes_.resize(bytes_.size() - count);
    return *this;
  }
  operator std::span<const std::byte>() const { return bytes_; }

 private:
  Datagram& append(std::uint32_t length, std::uint16_t type,
                   std::uint16_t flags, std::uint32_t sequence,
                   const std::vector<std::byte>& payload) {
    const nlmsghdr header{.nlmsg_len = length,
                          .nlmsg_type = type,
                          .nlmsg_flags = flags,
                          .nlmsg_seq = sequence,
                          .nlmsg_pid = 0};
    const auto raw = std::as_bytes(std::span(&header, 1));
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
    return *this;
  }
  std::vector<std::byte> bytes_;
};

struct DatagramWalkTest : testing::Test {
  std::vector<std::uint32_t> sequences;
  std::vector<std::size_t> sizes;
  NetlinkVisitor visit = [this](const NetlinkMessage& message) {
    sequences.push_back(message.sequence);
    sizes.push_back(message.payload.size());
  };
  NetlinkWalkResult walk(std::span<const std::byte> datagram,
                         std::uint32_t first = 7, std::uint32_t last = 7) {
    return walk_netlink(datagram, first, last, visit);
  }
};

using Sequences = std::vector<std::uint32_t>;

TEST_F(DatagramWalkTest, AnEmptyDatagramEndsNothing) {
  EXPECT_EQ(walk({}).end, NetlinkWalk::More);
}

TEST_F(DatagramWalkTest, APayloadIsVisitedWithoutHeaderAndPadding) {
  EXPECT_EQ(walk(Datagram().message(7, 20, 5).message(7, 20, 0)).end,
            NetlinkWalk::More);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{5, 0}));
}

TEST_F(DatagramWalkTest, TheLastMessageNeedsNoPadding) {
  EXPECT_EQ(walk(Datagram().message(7, 20, 5).cut(3)).end, NetlinkWalk::More);
  EXPECT_EQ(sizes, std::vector<std::size_t>{5});
}

TEST_F(DatagramWalkTest, ACutHeaderIsMalformed) {
  for (std::size_t left = 1; left < sizeof(nlmsghdr); ++left) {
    const auto datagram =
        Datagram().message(7, 20, 0).message(7, 20, 0).cut(16 - left);
    EXPECT_EQ(walk(datagram).end, NetlinkWalk::Malformed) << left;
  }
  EXPECT_EQ(sequences.size(), sizeof(nlmsghdr) - 1);  // the first message only
}

TEST_F(DatagramWalkTest, ALengthBeyondTheEndIsMalformed) {
  for (const std::uint32_t length : {25U, 28U, 0x7fffffffU, 0xffffffffU})
    EXPECT_EQ(walk(Datagram().liar(length)).end, NetlinkWalk::Malformed);
  EXPECT_TRUE(sequences.empty());
}

TEST_F(DatagramWalkTest, ALengthShorterThanAHeaderIsMalformed) {
  // A walk that believed it would never move on.
  for (std::uint32_t length = 0; length < sizeof(nlmsghdr); ++length)
    EXPECT_EQ(walk(Datagram().liar(length)).end, NetlinkWalk::Malformed);
}

TEST_F(DatagramWalkTest, WhatFollowsDoneIsNotVisited) {
  EXPECT_EQ(walk(Datagram().message(7).error(7, 0, NLMSG_DONE).message(7)).end,
            NetlinkWalk::Done);
  EXPECT_EQ(sequences, Sequences{7});
}

TEST_F(DatagramWalkTest, ADoneOfAnOldKernelHasNoErrno) {
  EXPECT_EQ(walk(Datagram().message(7, NLMSG_DONE, 0)).end, NetlinkWalk::Done);
}

TEST_F(DatagramWalkTest, ARefusalSaysWhichRequestAndWhy) {
  const auto result = walk(Datagram().error(9, -EPERM), 7, 10);
  EXPECT_EQ(result.end, NetlinkWalk::Refused);
  EXPECT_EQ(result.error, EPERM);
  EXPECT_EQ(result.error_sequence, 9U);
}

TEST_F(DatagramWalkTest, ARefusalWithoutAProperErrnoIsMalformed) {
  for (const int error : {0, 1, -4096, INT_MIN})
    EXPECT_EQ(walk(Datagram().error(7, error)).end, NetlinkWalk::Malformed)
        << error;
  EXPECT_EQ(walk(Datagram().error(7, INT_MIN, NLMSG_DONE)).end,
            NetlinkWalk::Malformed);
  EXPECT_EQ(walk(Datagram().message(7, NLMSG_ERROR, 3)).end,
            NetlinkWalk::Malformed);
}

TEST_F(DatagramWalkTest, AnInterruptedDumpIsKnownByAnyOfItsMessages) {
  EXPECT_EQ(walk(Datagram().message(7).message(7, 20, 8, NLM_F_DUMP_INTR)).end,
            NetlinkWalk::Interrupted);
  EXPECT_EQ(sequences, Sequences{7});
  EXPECT_EQ(walk(Datagram().message(7, NLMSG_DONE, 4, NLM_F_DUMP_INTR)).end,
            NetlinkWalk::Interrupted);
}

TEST_F(DatagramWalkTest, ForeignMessagesArePassedOverWhateverTheySay) {
  const auto datagram = Datagram()
                            .message(6)
                            .error(6, -EPERM)
                            .error(11, 0, NLMSG_DONE)
                            .message(6, 20, 8, NLM_F_DUMP_INTR)
                            .message(8)
                            .message(10);
  EXPECT_EQ(walk(datagram, 7, 10).end, NetlinkWalk::More);
  EXPECT_EQ(sequences, (Sequences{8, 10}));
}

TEST_F(DatagramWalkTest, SequenceNumbersMayWrapAround) {
  const auto datagram = Datagram()
                            .message(0xfffffffd)
                            .message(0xfffffffe)
                            .message(0xffffffff)
                            .message(0)
                            .message(1)
                            .message(2);
  EXPECT_EQ(walk(datagram, 0xfffffffe, 1).end, NetlinkWalk::More);
  EXPECT_EQ(sequences, (Sequences{0xfffffffe, 0xffffffff, 0, 1}));
}

TEST_F(DatagramWalkTest, ControlMessagesAreNotVisited) {
  EXPECT_EQ(walk(Datagram()
                     .message(7, NLMSG_NOOP)
                     .message(7, NLMSG_OVERRUN)
                     .message(7, NLMSG_MIN_TYPE))
                .end,
            NetlinkWalk::More);
  EXPECT_EQ(sequences.size(), 1U);
}

/// A SOCK_DIAG_BY_FAMILY request of a family that does not exist.
std::vector<std::byte> bad_request(std::uint32_t sequence,
                                   std::uint16_t flags) {
  const struct {
    nlmsghdr header;
    sock_diag_req body;
    std::uint8_t padding[2];
  } request{.header = {.nlmsg_len = sizeof(nlmsghdr) + sizeof(sock_diag_req),
                       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                       .nlmsg_flags =
                           static_cast<std::uint16_t>(NLM_F_REQUEST | flags),
                       .nlmsg_seq = sequence,
                       .nlmsg_pid = 0},
            .body = {.sdiag_family = 250, .sdiag_protocol = 0},
            .padding = {}};
  const auto bytes = std::as_bytes(std::span(&request, 1));
  return {bytes.begin(), bytes.end()};
}

TEST(NetlinkSocket, ADumpTheKernelRefusesIsAnErrorEachTime) {
  auto socket = NetlinkSocket::open();
  ASSERT_TRUE(socket) << socket.error().message;
  for (int i = 0; i < 3; ++i) {
    const auto dump = socket->dump(
        bad_request(socket->next_sequence(), NLM_F_DUMP),
        [](const NetlinkMessage&) {}, [] {});
    ASSERT_FALSE(dump);
    EXPECT_TRUE(
        dump.error().message.starts_with("the kernel refused a socket dump: "))
        << dump.error().message;
  }
}

TEST(NetlinkSocket, EveryRefusedRequestOfAnExchangeIsNamed) {
  auto socket = NetlinkSocket::open();
  ASSERT_TRUE(socket) << socket.error().message;
  std::vector<std::byte> requests;
  const std::uint32_t first = socket->next_sequence();
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto request =
        bad_request(i == 0 ? first : socket->next_sequence(), 0);
    requests.insert(requests.end(), request.begin(), request.end());
  }
  Sequences refused;
  const auto done = socket->exchange(
      requests, first, 3, [](const NetlinkMessage&) { FAIL(); },
      [&](std::uint32_t sequence, int) { refused.push_back(sequence); });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(refused, (Sequences{first, first + 1, first + 2}));
}

TEST(NetlinkSocket, AnExchangeOfNothingWaitsForNothing) {
  auto socket = NetlinkSocket::open();
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(socket->exchange(
      {}, socket->next_sequence(), 0, [](const NetlinkMessage&) { FAIL(); },
      [](std::uint32_t, int) { FAIL(); }));
}

}  // namespace
}  // namespace tcpstated
