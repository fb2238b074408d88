// SPDX-License-Identifier: Apache-2.0
#include "kernel/inet_diag.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>

#include <cstring>

#include "kernel/netlink_socket.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;
constexpr Instant kAt{1h};

/// An answer of the kernel, byte for byte.
class Answer {
 public:
  explicit Answer(std::uint8_t kernel_state) {
    message_.idiag_family = AF_INET;
    message_.idiag_state = kernel_state;
    message_.id.idiag_sport = htons(8080);
    message_.id.idiag_dport = htons(51312);
    message_.id.idiag_src[0] = htonl(0x0a000001);
    message_.id.idiag_dst[0] = htonl(0x0a000007);
    message_.id.idiag_cookie[0] = 0x89abcdef;
    message_.id.idiag_cookie[1] = 0x01234567;
  }
  inet_diag_msg& message() { return message_; }

  template <typename T>
  Answer& attribute(std::uint16_t type, const T& value) {
    nlattr header{.nla_len = sizeof(nlattr) + sizeof(T), .nla_type = type};
    append(&header, sizeof header);
    append(&value, sizeof value);
    attributes_.resize((attributes_.size() + 3) / 4 * 4);
    return *this;
  }
  std::vector<std::byte> bytes() const {
    std::vector<std::byte> all(sizeof message_);
    std::memcpy(all.data(), &message_, sizeof message_);
    all.insert(all.end(), attributes_.begin(), attributes_.end());
    return all;
  }

 private:
  void append(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    attributes_.insert(attributes_.end(), bytes, bytes + size);
  }
  inet_diag_msg message_{};
  std::vector<std::byte> attributes_;
};

TEST(DecodeDiag, ACloseWaitSocketWithAllItsFacts) {
  Answer answer(8);
  answer.message().idiag_inode = 4711;
  answer.message().idiag_uid = 1000;
  answer.message().idiag_rqueue = 601;
  answer.message().idiag_wqueue = 7;
  tcp_info info{};
  info.tcpi_last_ack_recv = 1040;
  info.tcpi_last_data_recv = 1500;
  info.tcpi_last_data_sent = 2000;
  info.tcpi_bytes_sent = 99;
  answer.attribute(INET_DIAG_INFO, info)
      .attribute(INET_DIAG_SHUTDOWN, std::uint8_t{1})
      .attribute(INET_DIAG_CGROUP_ID, std::uint64_t{0x1122334455});
  const auto row = decode_diag(answer.bytes(), Protocol::Tcp, kAt);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->to, TcpState::CloseWait);
  EXPECT_EQ(row->tuple.to_string(), "10.0.0.1:8080 -> 10.0.0.7:51312");
  EXPECT_EQ(row->socket.cookie, 0x0123456789abcdefU);
  EXPECT_EQ(row->socket.inode, 4711U);
  EXPECT_EQ(row->socket.receive_queue, 601U);
  EXPECT_EQ(row->socket.cgroup_id, 0x1122334455U);
  EXPECT_EQ(row->socket.kind, SocketKind::Full);
  ASSERT_TRUE(row->socket.times);
  EXPECT_EQ(row->socket.times->since_ack_received, 1040ms);
  EXPECT_EQ(row->socket.times->bytes_sent, 99U);
}

TEST(DecodeDiag, ARequestSocketHasNoAttributes) {
  const auto row = decode_diag(Answer(3).bytes(), Protocol::Tcp, kAt);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->to, TcpState::SynReceived);
  EXPECT_EQ(row->socket.kind, SocketKind::Request);
}

TEST(DecodeDiag, AFastOpenChildInSynReceivedIsAFullSocket) {
  const auto answer =
      Answer(3).attribute(INET_DIAG_SHUTDOWN, std::uint8_t{0}).bytes();
  EXPECT_EQ(decode_diag(answer, Protocol::Tcp, kAt)->socket.kind,
            SocketKind::Full);
}

TEST(DecodeDiag, AnOrphanInFinWait2IsAMinisock) {
  Answer answer(5);
  answer.message().idiag_timer = 3;
  answer.message().idiag_expires = 42000;
  const auto row = decode_diag(answer.bytes(), Protocol::Tcp, kAt);
  EXPECT_EQ(row->socket.kind, SocketKind::TimeWait);
  EXPECT_EQ(row->socket.timer_expires, 42s);
}

TEST(DecodeDiag, V4MappedAndPlainIpv4AreTheSameEndpoint) {
  Answer answer(8);
  answer.message().idiag_family = AF_INET6;
  const auto mapped = IpAddress::v4(0x0a000001);
  std::memcpy(answer.message().id.idiag_src, mapped.bytes.data(), 16);
  const auto row = decode_diag(answer.bytes(), Protocol::Tcp, kAt);
  EXPECT_EQ(row->tuple.local.to_string(), "10.0.0.1:8080");
  EXPECT_TRUE(row->socket.ipv6);
}

TEST(DecodeDiag, AShorterTcpInfoOfAnOldKernelReadsAsZeros) {
  const std::array<std::byte, 104> old_info{};  // Linux 2.6
  const auto answer = Answer(8).attribute(INET_DIAG_INFO, old_info).bytes();
  const auto row = decode_diag(answer, Protocol::Tcp, kAt);
  ASSERT_TRUE(row && row->socket.times);
  EXPECT_EQ(row->socket.times->bytes_sent, 0U);
}

TEST(DecodeDiag, EveryTruncationIsRefusedOrHarmless) {
  const auto whole = Answer(8)
                         .attribute(INET_DIAG_INFO, tcp_info{})
                         .attribute(INET_DIAG_SHUTDOWN, std::uint8_t{1})
                         .bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> cut(
        whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto row = decode_diag(cut, Protocol::Tcp, kAt);
    if (size < sizeof(inet_diag_msg)) {
      EXPECT_EQ(row.error(), DiagReject::Truncated);
    }
  }
}

TEST(DecodeDiag, NonsenseIsNamed) {
  EXPECT_EQ(decode_diag(Answer(13).bytes(), Protocol::Tcp, kAt).error(),
            DiagReject::UnknownState);
  Answer other(8);
  other.message().idiag_family = AF_UNIX;
  EXPECT_EQ(decode_diag(other.bytes(), Protocol::Tcp, kAt).error(),
            DiagReject::UnknownFamily);
  auto liar = Answer(8).attribute(INET_DIAG_INFO, tcp_info{}).bytes();
  liar[sizeof(inet_diag_msg)] = std::byte{0xff};  // length of the attribute
  liar[sizeof(inet_diag_msg) + 1] = std::byte{0xff};
  EXPECT_EQ(decode_diag(liar, Protocol::Tcp, kAt).error(),
            DiagReject::BadAttribute);
}

/// Datagrams as the kernel sends them: a header and a payload per message.
std::vector<std::byte> datagram(std::uint16_t type, std::uint16_t flags,
                                std::uint32_t sequence,
                                std::vector<std::byte> payload) {
  const nlmsghdr header{.nlmsg_len = static_cast<std::uint32_t>(
                            sizeof(nlmsghdr) + payload.size()),
                        .nlmsg_type = type,
                        .nlmsg_flags = flags,
                        .nlmsg_seq = sequence,
                        .nlmsg_pid = 0};
  std::vector<std::byte> bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

std::vector<std::byte> errno_payload(int error) {
  std::vector<std::byte> bytes(sizeof error);
  std::memcpy(bytes.data(), &error, sizeof error);
  return bytes;
}

struct WalkNetlinkTest : testing::Test {
  std::size_t visited = 0;
  NetlinkVisitor visit = [this](const NetlinkMessage&) { ++visited; };
};

TEST_F(WalkNetlinkTest, VisitsAnswersUntilDone) {
  auto bytes = datagram(20, NLM_F_MULTI, 7, std::vector<std::byte>(72));
  const auto second = bytes;
  const auto done = datagram(NLMSG_DONE, NLM_F_MULTI, 7, errno_payload(0));
  bytes.insert(bytes.end(), second.begin(), second.end());
  EXPECT_EQ(walk_netlink(bytes, 7, 7, visit).end, NetlinkWalk::More);
  EXPECT_EQ(visited, 2U);
  EXPECT_EQ(walk_netlink(done, 7, 7, visit).end, NetlinkWalk::Done);
}

TEST_F(WalkNetlinkTest, AnswersToAnAbandonedRequestArePassedOver) {
  const auto stale = datagram(20, NLM_F_MULTI, 6, std::vector<std::byte>(72));
  EXPECT_EQ(walk_netlink(stale, 7, 7, visit).end, NetlinkWalk::More);
  EXPECT_EQ(visited, 0U);
}

TEST_F(WalkNetlinkTest, AnInterruptedDumpSaysSo) {
  const auto bytes = datagram(20, NLM_F_MULTI | NLM_F_DUMP_INTR, 7,
                              std::vector<std::byte>(72));
  EXPECT_EQ(walk_netlink(bytes, 7, 7, visit).end, NetlinkWalk::Interrupted);
}

TEST_F(WalkNetlinkTest, ARefusalCarriesItsErrno) {
  const auto error = datagram(NLMSG_ERROR, 0, 7, errno_payload(-ENOENT));
  EXPECT_EQ(walk_netlink(error, 7, 7, visit).end, NetlinkWalk::Refused);
  EXPECT_EQ(walk_netlink(error, 7, 7, visit).error, ENOENT);
  const auto done =
      datagram(NLMSG_DONE, NLM_F_MULTI, 7, errno_payload(-ENOENT));
  EXPECT_EQ(walk_netlink(done, 7, 7, visit).error, ENOENT);
}

TEST_F(WalkNetlinkTest, AMessageLongerThanItsDatagramIsMalformed) {
  auto bytes = datagram(20, 0, 7, std::vector<std::byte>(72));
  bytes.resize(bytes.size() - 1);
  EXPECT_EQ(walk_netlink(bytes, 7, 7, visit).end, NetlinkWalk::Malformed);
  bytes.resize(8);
  EXPECT_EQ(walk_netlink(bytes, 7, 7, visit).end, NetlinkWalk::Malformed);
}

}  // namespace
}  // namespace tcpstated
