// SPDX-License-Identifier: Apache-2.0
#include "capture/detached_sockets.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

SocketEvent closing(std::uint64_t cookie, Instant at,
                    TcpState from = TcpState::Established) {
  SocketEvent event;
  event.cookie = cookie;
  event.at = at;
  event.from = from;
  return event;
}

StateChange held(std::uint64_t cookie, Instant at) {
  StateChange row{.at = at, .to = TcpState::Closed};
  row.socket.cookie = cookie;
  return row;
}

struct DetachedSocketsTest : testing::Test {
  DetachedSockets sockets{true};
  void remember(std::vector<SocketEvent> events) {
    sockets.learn_events(events);
  }
  void pass(Instant at, std::vector<StateChange> rows) {
    sockets.learn_pass(at, rows);
  }
};

TEST_F(DetachedSocketsTest, AreKnownWithTheirMomentWhenAPassConfirmsThem) {
  remember({closing(1, kStart)});
  EXPECT_TRUE(sockets.list().empty());
  pass(kStart + 2s, {held(1, kStart + 2s)});
  ASSERT_EQ(sockets.list().size(), 1U);
  EXPECT_EQ(sockets.list()[0].at, kStart);
  EXPECT_TRUE(sockets.list()[0].is_moment);
}

TEST_F(DetachedSocketsTest, ALeakInCloseWaitIsOneAtOnce) {
  remember({closing(1, kStart, TcpState::CloseWait)});
  EXPECT_EQ(sockets.list().size(), 1U);
}

TEST_F(DetachedSocketsTest, OneThatNobodyHoldsIsNoneAfterAll) {
  remember({closing(1, kStart, TcpState::CloseWait)});
  pass(kStart + 2s, {});
  EXPECT_TRUE(sockets.list().empty());
}

TEST_F(DetachedSocketsTest, AreGoneWhenTheKernelDestroysThem) {
  remember({closing(1, kStart)});
  pass(kStart + 2s, {held(1, kStart + 2s)});
  remember({});
  EXPECT_TRUE(sockets.list().empty());
}

TEST_F(DetachedSocketsTest, OlderOnesThanTheDaemonAreFoundByAPass) {
  pass(kStart, {held(7, kStart)});
  ASSERT_EQ(sockets.list().size(), 1U);
  EXPECT_FALSE(sockets.list()[0].is_moment);
  pass(kStart + 5s, {held(7, kStart + 5s)});
  EXPECT_EQ(sockets.list()[0].at, kStart) << "first seen, not last seen";
  pass(kStart + 9s, {});
  EXPECT_TRUE(sockets.list().empty());
}

TEST_F(DetachedSocketsTest, APassIsWantedOnceAClosedSocketWasNotClosedInTime) {
  remember({closing(1, kStart)});
  EXPECT_FALSE(sockets.wants_pass(kStart + 500ms));
  EXPECT_TRUE(sockets.wants_pass(kStart + 1s));
  pass(kStart + 1s, {held(1, kStart + 1s)});
  EXPECT_FALSE(sockets.wants_pass(kStart + 9s));
}

TEST_F(DetachedSocketsTest, APassThatBeganBeforeTheEventProvesNothing) {
  remember({closing(1, kStart + 1s)});
  pass(kStart, {});
  EXPECT_TRUE(sockets.wants_pass(kStart + 2s));
}

TEST_F(DetachedSocketsTest, ASocketThatWasUsedAgainHasANewMoment) {
  remember({closing(1, kStart)});
  pass(kStart + 2s, {held(1, kStart + 2s)});
  remember({closing(1, kStart + 5s)});
  EXPECT_EQ(sockets.list()[0].at, kStart + 5s);
}

TEST(DetachedSockets, WithoutPassesEventsAreBelieved) {
  DetachedSockets sockets(false);
  sockets.learn_events(std::vector{closing(1, kStart)});
  EXPECT_EQ(sockets.list().size(), 1U);
  EXPECT_FALSE(sockets.wants_pass(kStart + 9s));
}

}  // namespace
}  // namespace tcpstated
