// SPDX-License-Identifier: Apache-2.0
#include "table/connection_table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

StateChange row(const std::string& local, const std::string& remote,
                TcpState state, std::uint64_t cookie = 1) {
  StateChange change;
  change.tuple = {*Endpoint::parse(local), *Endpoint::parse(remote)};
  change.to = state;
  change.quality = Quality::Kernel;
  change.socket.cookie = cookie;
  change.at = Instant(1h);
  return change;
}

struct ConnectionTableTest : testing::Test {
  ConnectionTable table{{.max_connections = 8}, 42};
  std::vector<Transition> closed;
};

TEST_F(ConnectionTableTest, ANewSocketIsATransitionFromClosed) {
  const auto transition =
      table.apply(row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait));
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->from, TcpState::Closed);
  EXPECT_EQ(transition->now.state, TcpState::CloseWait);
}

TEST_F(ConnectionTableTest, SeeingTheSameAgainIsNoTransition) {
  const auto change = row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
  table.apply(change);
  EXPECT_FALSE(table.apply(change));
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(ConnectionTableTest, AWeakerSourceDoesNotOverrideTheKernel) {
  auto change = row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
  table.apply(change);
  change.to = TcpState::LastAck;
  change.quality = Quality::Presumed;
  EXPECT_FALSE(table.apply(change));
  EXPECT_EQ(table.find(change.key())->state, TcpState::CloseWait);
}

TEST_F(ConnectionTableTest, ListenersThatShareAPortAreTwoRows) {
  table.apply(row("0.0.0.0:80", "0.0.0.0:0", TcpState::Listen, 1));
  table.apply(row("0.0.0.0:80", "0.0.0.0:0", TcpState::Listen, 2));
  EXPECT_EQ(table.size(), 2U);
}

TEST_F(ConnectionTableTest, WhatACompleteSnapshotDoesNotMentionIsGone) {
  table.apply(row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait, 1));
  table.apply(row("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait, 2));
  table.begin_snapshot();
  table.apply(row("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait, 2));
  table.end_snapshot(Instant(2h), true, closed);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].now.id, 1U);
  EXPECT_EQ(closed[0].from, TcpState::CloseWait);
  EXPECT_EQ(closed[0].now.state, TcpState::Closed);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(ConnectionTableTest, AnIncompleteSnapshotClosesNothing) {
  table.apply(row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait));
  table.begin_snapshot();
  table.end_snapshot(Instant(2h), false, closed);
  EXPECT_TRUE(closed.empty());
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(ConnectionTableTest, AFullTableRefusesAndCountsButKeepsRoomForLeaks) {
  for (std::uint64_t i = 1; i <= 20; ++i)
    table.apply(row("10.0.0.1:80", "10.0.0.2:" + std::to_string(i),
                    TcpState::LastAck, i));
  EXPECT_EQ(table.size(), 6U);  // three quarters of 8
  EXPECT_EQ(table.refused(), 14U);
  EXPECT_TRUE(
      table.apply(row("10.0.0.1:80", "10.0.0.3:1", TcpState::CloseWait, 99)));
}

TEST_F(ConnectionTableTest, AVanishedSocketLeavesTheTable) {
  auto change = row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
  table.apply(change);
  change.to = TcpState::Closed;
  const auto transition = table.apply(change);
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->from, TcpState::CloseWait);
  EXPECT_EQ(table.find(change.key()), nullptr);
}

TEST_F(ConnectionTableTest, ASnapshotSaysNothingAboutOtherNamespaces) {
  auto change = row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
  change.tuple.netns = 4026531999;
  table.apply(change);
  table.begin_snapshot();
  table.end_snapshot(Instant(2h), true, closed);
  EXPECT_TRUE(closed.empty());
  EXPECT_EQ(table.size(), 1U);
}

struct MomentTest : ConnectionTableTest {
  StateChange seen = row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
  StateChange event = seen;
  MomentTest() {
    event.is_moment = true;
    event.at = seen.at - 3s;
    event.socket.receive_queue = 99;
  }
};

TEST_F(MomentTest, AnEventMakesTheAgeExact) {
  table.apply(event);
  EXPECT_TRUE(table.find(event.key())->since.exact);
  EXPECT_EQ(table.find(event.key())->since.latest, event.at);
}

TEST_F(MomentTest, AnEventThatComesAfterALaterLookOnlyTellsSince) {
  table.apply(seen);
  EXPECT_FALSE(table.apply(event));
  const Connection* known = table.find(seen.key());
  EXPECT_TRUE(known->since.exact);
  EXPECT_EQ(known->since.latest, event.at);
  EXPECT_EQ(known->last_seen, seen.at);
  EXPECT_EQ(known->socket.receive_queue, 0U);
}

TEST_F(MomentTest, AnEventIsOverruledByALaterLook) {
  seen.to = TcpState::LastAck;
  table.apply(seen);
  EXPECT_FALSE(table.apply(event));
  event.to = TcpState::Closed;
  EXPECT_FALSE(table.apply(event));
  EXPECT_EQ(table.find(seen.key())->state, TcpState::LastAck);
}

TEST_F(MomentTest, ALaterLookKeepsTheExactAge) {
  table.apply(event);
  table.apply(seen);
  EXPECT_EQ(table.find(seen.key())->since.latest, event.at);
}

/// What tcp_info says, in one line per case of kernel-views.md section 4.
struct SinceCase {
  const char* name;
  TcpTimes times;
  SocketTimer timer = SocketTimer::Off;
  bool exact = false;
  Duration at_least{};
};

TEST(SinceBounds, FollowTheKernelsClocks) {
  const SinceCase cases[] = {
      {"bare FIN after 10 idle seconds, nothing ever sent",
       {.since_data_sent = 15s,
        .since_data_received = 15s,
        .since_ack_received = 5s},
       SocketTimer::Off,
       true,
       5s},
      {"FIN with the data",
       {.since_data_sent = 5s,
        .since_data_received = 5s,
        .since_ack_received = 5s,
        .bytes_sent = 10},
       SocketTimer::Off,
       true,
       5s},
      {"response long ago, then the FIN",
       {.since_data_sent = 65s,
        .since_data_received = 66s,
        .since_ack_received = 5s,
        .bytes_sent = 10},
       SocketTimer::Off,
       true,
       5s},
      {"response acknowledged just before or after the FIN: who knows",
       {.since_data_sent = 5020ms,
        .since_data_received = 9s,
        .since_ack_received = 5s,
        .bytes_sent = 10},
       SocketTimer::Off,
       false,
       5s},
      {"keepalive answered a moment ago",
       {.since_data_sent = 90s,
        .since_data_received = 90s,
        .since_ack_received = 1s,
        .bytes_sent = 10},
       SocketTimer::Keepalive,
       false,
       1s},
  };
  for (const SinceCase& c : cases) {
    StateChange change = row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
    change.socket.times = c.times;
    change.socket.timer = c.timer;
    const SinceBounds bounds = since_bounds(change);
    EXPECT_EQ(bounds.exact, c.exact) << c.name;
    EXPECT_EQ(bounds.age(change.at), c.at_least) << c.name;
    EXPECT_LE(bounds.earliest, bounds.latest) << c.name;
  }
}

TEST(SinceBounds, LaterAcksDoNotMakeTheAgeShrink) {
  ConnectionTable table({}, 1);
  StateChange change = row("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
  change.socket.times = TcpTimes{.since_data_sent = 3s,
                                 .since_data_received = 30s,
                                 .since_ack_received = 3s,
                                 .bytes_sent = 10};
  table.apply(change);
  change.at += 60s;  // sent again meanwhile; the peer acknowledged 1 s ago
  change.socket.times->since_data_sent = 1s;
  change.socket.times->since_ack_received = 1s;
  change.socket.times->since_data_received = 90s;
  table.apply(change);
  EXPECT_EQ(table.find(change.key())->since.age(change.at), 63s);
}

}  // namespace
}  // namespace tcpstated
