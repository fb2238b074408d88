// SPDX-License-Identifier: Apache-2.0
// What happens when there is no room for another connection.
#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>

#include "fakes/segment_crowd.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

TcpModelOptions room_for(std::size_t connections) {
  TcpModelOptions options;
  options.max_connections = connections;
  options.max_unanswered = connections;
  return options;
}

TEST(TcpModelBounds, VictimsComeInTheOrderOfTheirClasses) {
  // One of each class, the last one of them first.
  SegmentCrowd crowd(room_for(6));
  const auto half_closed = crowd.half_close(crowd.open());
  const auto established = crowd.open();
  const auto time_wait = crowd.close(crowd.open());
  const auto closed = crowd.reset(crowd.open());
  const auto half_open = crowd.answer(crowd.ask());
  const auto unanswered = crowd.ask();
  const std::vector<SegmentCrowd::Id> order{
      unanswered, half_open, closed, time_wait, established, half_closed};
  ASSERT_EQ(crowd.model().size(), 6U);
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    EXPECT_TRUE(crowd.knows(order[i])) << i;
    crowd.half_close(crowd.open());  // nothing goes before what is there
    EXPECT_FALSE(crowd.knows(order[i])) << i;
    EXPECT_EQ(crowd.model().stats().evicted[i], 1U) << i;
  }
  EXPECT_TRUE(crowd.knows(half_closed));
}

TEST(TcpModelBounds, NothingIsRefusedWhileThereIsAnything) {
  SegmentCrowd crowd(room_for(1));
  const auto leak = crowd.half_close(crowd.open());
  crowd.ask();
  EXPECT_FALSE(crowd.knows(leak));
  EXPECT_EQ(crowd.model().stats().refused, 0U);
}

TEST(TcpModelBounds, EvictedEndsAreClosedAndThatIsInferred) {
  SegmentCrowd crowd(room_for(1));
  crowd.open();
  crowd.changes().clear();
  crowd.ask();
  int told = 0;
  for (const EndpointChange& change : crowd.changes()) {
    if (change.reason != ChangeReason::Evicted) continue;
    EXPECT_EQ(change.to, TcpState::Closed);
    EXPECT_EQ(change.quality, Quality::Inferred);
    ++told;
  }
  EXPECT_EQ(told, 2);
}

TEST(TcpModelBounds, EvictedConnectionsAreForgotten) {
  SegmentCrowd crowd(room_for(1));
  crowd.open();
  int forgotten = 0;
  crowd.model().on_forgotten([&](const ObservedConnection&) { ++forgotten; });
  crowd.ask();
  EXPECT_EQ(forgotten, 1);
}

TEST(TcpModelBounds, AreVisitedInStepsEachOnceWhileOthersCome) {
  SegmentCrowd crowd(room_for(50));
  std::set<std::uint64_t> there;
  for (int i = 0; i < 20; ++i) crowd.open();
  crowd.model().visit(
      [&](const ObservedConnection& one) { there.insert(one.id); });
  std::multiset<std::uint64_t> seen;
  std::size_t next = 0;
  int steps = 0;
  do {
    next = crowd.model().visit_some(
        next, 7, [&](const ObservedConnection& one) { seen.insert(one.id); });
    ++steps;
    crowd.open();
  } while (next != 0);
  EXPECT_EQ(steps, 4);
  for (const std::uint64_t id : there) EXPECT_EQ(seen.count(id), 1U) << id;
}

TEST(TcpModelBounds, AnEmptyTableIsVisitedInOneStep) {
  SegmentCrowd crowd(room_for(5));
  EXPECT_EQ(crowd.model().visit_some(0, 10,
                                     [](const ObservedConnection&) {
                                       ADD_FAILURE() << "there is none";
                                     }),
            0U);
}

TEST(TcpModelBounds, CountsStayExact) {
  SegmentCrowd crowd(room_for(20));
  for (int i = 0; i < 100; ++i) {
    crowd.half_close(crowd.open());
    crowd.ask();
    crowd.close(crowd.open());
    crowd.open();
    ObservedCounts counted;
    crowd.model().visit([&](const ObservedConnection& connection) {
      for (const ObservedEnd& end : connection.ends)
        if (end.quality != Quality::Unknown && end.state != TcpState::Closed)
          ++(end.local ? counted.local : counted.remote)[index(end.state)];
    });
    ASSERT_EQ(crowd.model().counts(), counted);
  }
}

TEST(TcpModelBounds, TheLongestIdleEstablishedGoesFirst) {
  SegmentCrowd crowd(room_for(3));
  const auto first = crowd.open();
  const auto second = crowd.open();
  const auto third = crowd.open();
  crowd.pass(1min);
  crowd.send_data(first);
  crowd.send_data(third);
  crowd.half_close(crowd.open());
  EXPECT_TRUE(crowd.knows(first));
  EXPECT_FALSE(crowd.knows(second));
  EXPECT_TRUE(crowd.knows(third));
}

TEST(TcpModelBounds, BytesAreABoundToo) {
  TcpModelOptions options = room_for(1'000'000);
  options.max_bytes = 20'000;
  SegmentCrowd crowd(options);
  EXPECT_GE(crowd.model().capacity(), 100U);
  EXPECT_LE(crowd.model().capacity(), 109U);
  for (int i = 0; i < 300; ++i) crowd.open();
  EXPECT_EQ(crowd.model().size(), crowd.model().capacity());
}

TEST(TcpModelBounds, UnansweredHaveAShareOfTheirOwn) {
  TcpModelOptions options = room_for(100);
  options.max_unanswered = 10;
  SegmentCrowd crowd(options);
  for (int i = 0; i < 50; ++i) crowd.ask();
  EXPECT_EQ(crowd.model().size(), 10U);
  for (int i = 0; i < 90; ++i) crowd.open();
  // Each of those was one of them before it was answered.
  EXPECT_EQ(crowd.model().size(), 99U);
  EXPECT_EQ(crowd.model().counts().local[index(TcpState::Established)], 90U);
}

TEST(TcpModelBounds, UnansweredGetHalfAtMost) {
  SegmentCrowd crowd(room_for(100));
  for (int i = 0; i < 300; ++i) crowd.ask();
  EXPECT_EQ(crowd.model().size(), 50U);
  EXPECT_FALSE(crowd.model().degraded());
}

TEST(TcpModelBounds, DegradedWhenNearlyFullUntilWellBelow) {
  SegmentCrowd crowd(room_for(100));
  std::vector<SegmentCrowd::Id> opened;
  while (crowd.model().size() < 95) opened.push_back(crowd.open());
  EXPECT_FALSE(crowd.model().degraded());
  opened.push_back(crowd.open());
  EXPECT_TRUE(crowd.model().degraded());
  const auto let_go = [&](std::size_t until) {
    while (crowd.model().size() > until) {
      crowd.reset(opened.back());
      opened.pop_back();
      crowd.pass(31s);
    }
  };
  let_go(85);
  EXPECT_TRUE(crowd.model().degraded());
  let_go(84);
  EXPECT_FALSE(crowd.model().degraded());
}

TEST(TcpModelBounds, AFloodTakesNothingFromThoseWhoWereThere) {
  SegmentCrowd crowd(room_for(4000));
  std::vector<SegmentCrowd::Id> kept;
  for (int i = 0; i < 900; ++i) kept.push_back(crowd.open());
  for (int i = 0; i < 90; ++i) kept.push_back(crowd.half_close(crowd.open()));
  crowd.pass(1s);
  const auto before = crowd.model().counts().local;
  for (int i = 0; i < 50'000; ++i) crowd.ask();
  for (const auto id : kept) ASSERT_TRUE(crowd.knows(id));
  EXPECT_EQ(crowd.model().size(), kept.size() + 2000);
  EXPECT_EQ(crowd.model().stats().evicted[index(EvictionClass::Unanswered)],
            48'000U);
  EXPECT_FALSE(crowd.model().degraded());
  crowd.pass(10s);
  EXPECT_EQ(crowd.model().size(), kept.size());
  EXPECT_EQ(crowd.model().counts().local, before);
}

TEST(TcpModelBounds, AFloodThatIsAnsweredTakesNothingEither) {
  SegmentCrowd crowd(room_for(2000));
  std::vector<SegmentCrowd::Id> kept;
  for (int i = 0; i < 900; ++i) kept.push_back(crowd.open());
  for (int i = 0; i < 90; ++i) kept.push_back(crowd.half_close(crowd.open()));
  for (int i = 0; i < 50'000; ++i) crowd.answer(crowd.ask());
  for (const auto id : kept) ASSERT_TRUE(crowd.knows(id));
  const auto& stats = crowd.model().stats();
  EXPECT_EQ(std::accumulate(stats.evicted.begin(), stats.evicted.end(), 0U),
            50'000U + kept.size() - crowd.model().size());
}

TEST(TcpModelBounds, OtherLocalAddressesChangeNoState) {
  SegmentCrowd crowd(room_for(100));
  crowd.half_close(crowd.open());
  crowd.open();
  crowd.ask();
  crowd.close(crowd.open());
  crowd.changes().clear();
  const auto counts = crowd.model().counts();
  crowd.model().set_local([](const IpAddress&) { return false; });
  EXPECT_EQ(crowd.model().counts().remote[index(TcpState::CloseWait)], 1U);
  EXPECT_EQ(crowd.model().counts().local, ObservedCounts{}.local);
  crowd.model().set_local(&SegmentCrowd::is_local);
  EXPECT_EQ(crowd.model().counts(), counts);
  EXPECT_TRUE(crowd.changes().empty());
}

}  // namespace
}  // namespace tcpstated
