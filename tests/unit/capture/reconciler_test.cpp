// SPDX-License-Identifier: Apache-2.0
#include "capture/reconciler.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;
using enum TcpState;

constexpr Instant kStart{1h};

FourTuple tuple_of(std::uint64_t cookie, std::uint32_t netns = 0) {
  return {{IpAddress::v4(0x0a000001), 80},
          {IpAddress::v4(0x0a000002), static_cast<std::uint16_t>(cookie)},
          netns};
}

SocketEvent event(std::uint64_t cookie, TcpState from, TcpState to, Duration at,
                  std::uint32_t netns = 0) {
  SocketEvent made;
  made.at = kStart + at;
  made.cookie = cookie;
  made.tuple = tuple_of(cookie, netns);
  made.from = from;
  made.to = to;
  return made;
}

StateChange row(std::uint64_t cookie, TcpState state, Duration at,
                std::uint32_t netns = 0) {
  StateChange made{.tuple = tuple_of(cookie, netns),
                   .at = kStart + at,
                   .to = state,
                   .quality = Quality::Kernel};
  made.socket.cookie = cookie;
  return made;
}

struct ReconcilerTest : testing::Test {
  Reconciler known{StateSet{CloseWait}};

  std::vector<SocketRef> dump(const std::vector<StateChange>& rows,
                              DumpScope scope = DumpScope::Own) {
    known.begin_dump(kStart);
    return known.merge(scope, rows, true);
  }
};

TEST_F(ReconcilerTest, FollowsASocketIntoAndOutOfItsStates) {
  EXPECT_TRUE(known.apply(event(1, Established, CloseWait, 5ms)).entered);
  ASSERT_NE(known.find(1), nullptr);
  EXPECT_EQ(known.find(1)->changed, kStart + 5ms);
  EXPECT_TRUE(known.find(1)->exact);
  const auto effect = known.apply(event(1, CloseWait, LastAck, 9ms));
  EXPECT_TRUE(effect.left);
  EXPECT_EQ(effect.before.changed, kStart + 5ms);
  EXPECT_EQ(known.size(), 0U);
  EXPECT_EQ(known.corrections().total(), 0U);
}

TEST_F(ReconcilerTest, TheFirstDumpIsNoCorrection) {
  EXPECT_TRUE(dump({row(1, CloseWait, 1ms)}).empty());
  ASSERT_NE(known.find(1), nullptr);
  EXPECT_FALSE(known.find(1)->exact);
  EXPECT_EQ(known.corrections().total(), 0U);
}

TEST_F(ReconcilerTest, ARowOlderThanTheTombstoneIsDropped) {
  known.begin_dump(kStart);
  known.apply(event(1, CloseWait, LastAck, 5ms));
  EXPECT_TRUE(
      known.merge(DumpScope::Own, std::vector{row(1, CloseWait, 2ms)}, true)
          .empty());
  EXPECT_EQ(known.size(), 0U);
}

TEST_F(ReconcilerTest, ARowNewerThanTheTombstoneIsTaken) {
  known.begin_dump(kStart);
  known.apply(event(1, CloseWait, Closed, 1ms));  // and connected anew
  (void)known.merge(DumpScope::Own, std::vector{row(1, CloseWait, 8ms)}, true);
  EXPECT_NE(known.find(1), nullptr);
}

TEST_F(ReconcilerTest, AnEventNewerThanTheRowKeepsItsExactMoment) {
  known.begin_dump(kStart);
  known.apply(event(1, Established, CloseWait, 5ms));
  (void)known.merge(DumpScope::Own, std::vector{row(1, CloseWait, 7ms)}, true);
  ASSERT_NE(known.find(1), nullptr);
  EXPECT_TRUE(known.find(1)->exact);
  EXPECT_EQ(known.find(1)->changed, kStart + 5ms);
}

TEST_F(ReconcilerTest, AnEventThatDoesNotContinueWhatIsKnownIsCountedAndTaken) {
  known = Reconciler(kWatchedStates);
  (void)dump({});
  known.apply(event(1, Closed, SynSent, 1ms));
  known.apply(event(1, FinWait1, FinWait2, 5ms));  // what was between is lost
  EXPECT_EQ(known.find(1)->state, FinWait2);
  EXPECT_EQ(known.corrections().mismatched, 1U);
}

TEST_F(ReconcilerTest, LeavingAStateThatNobodyEnteredIsAMismatch) {
  (void)dump({});
  known.apply(event(1, CloseWait, LastAck, 1ms));
  EXPECT_EQ(known.corrections().mismatched, 1U);
}

TEST_F(ReconcilerTest, AChildOfAListenerIsABirthAndLeavesTheListenerAlone) {
  known = Reconciler(kWatchedStates);
  (void)dump({row(1, Listen, 0ms)});
  known.apply(event(2, Listen, SynReceived, 1ms));
  EXPECT_EQ(known.find(1)->state, Listen);
  EXPECT_EQ(known.find(2)->state, SynReceived);
  EXPECT_EQ(known.corrections().mismatched, 0U);
}

TEST_F(ReconcilerTest, ASelfTransitionIsNothing) {
  known = Reconciler(kWatchedStates);
  (void)dump({});
  const auto effect = known.apply(event(1, FinWait1, FinWait1, 1ms));
  EXPECT_FALSE(effect.entered || effect.left);
  EXPECT_EQ(known.size(), 0U);
  EXPECT_EQ(known.corrections().total(), 0U);
}

TEST_F(ReconcilerTest, WhatADumpDoesNotMentionHasToBeAskedFor) {
  known.apply(event(1, Established, CloseWait, -1s));
  const auto lost = dump({});
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost.front().cookie, 1U);
  EXPECT_NE(known.find(1), nullptr) << "one walk can pass over a socket";
  known.gone(1);
  EXPECT_EQ(known.size(), 0U);
  EXPECT_EQ(known.corrections().gone, 1U);
}

TEST_F(ReconcilerTest, ABrokenDumpTakesNothingAway) {
  known.apply(event(1, Established, CloseWait, -1s));
  known.begin_dump(kStart);
  EXPECT_TRUE(known.merge(DumpScope::Own, {}, false).empty());
}

TEST_F(ReconcilerTest, ASocketWhoseEventWasLostIsFoundByTheNextDump) {
  (void)dump({});
  (void)dump({row(1, CloseWait, 1ms)});
  EXPECT_NE(known.find(1), nullptr);
  EXPECT_EQ(known.corrections().missing, 1U);
}

TEST_F(ReconcilerTest, ADumpOfOneScopeSaysNothingAboutTheOther) {
  known.apply(event(1, Established, CloseWait, -1s));
  known.apply(event(2, Established, CloseWait, -1s, 77));
  EXPECT_EQ(dump({}).front().cookie, 1U);
  EXPECT_TRUE(dump({}, DumpScope::Others).empty());
}

TEST_F(ReconcilerTest, AHeldSocketOfAnotherNamespaceIsGoneAfterTwoPasses) {
  known.apply(event(2, Established, CloseWait, -1s, 77));
  (void)dump({row(2, CloseWait, 1ms, 77)}, DumpScope::Others);
  EXPECT_TRUE(dump({}, DumpScope::Others).empty());
  EXPECT_EQ(dump({}, DumpScope::Others).size(), 1U);
}

TEST_F(ReconcilerTest, AnAcceptQueueOfAnotherNamespaceIsKeptWithoutBeingSeen) {
  known.apply(event(2, Established, CloseWait, -1s, 77));
  for (int pass = 0; pass < 5; ++pass)
    EXPECT_TRUE(dump({}, DumpScope::Others).empty());
  EXPECT_NE(known.find(2), nullptr);
}

TEST_F(ReconcilerTest, RowsThatAreNoSocketsAreNotFollowed) {
  StateChange minisock = row(1, CloseWait, 1ms);
  minisock.socket.kind = SocketKind::TimeWait;
  (void)dump({minisock, row(0, CloseWait, 1ms)});
  EXPECT_EQ(known.size(), 0U);
}

}  // namespace
}  // namespace tcpstated
