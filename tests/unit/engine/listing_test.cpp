// SPDX-License-Identifier: Apache-2.0
#include "engine/listing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "fakes/rows.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

using Ids = std::vector<std::uint64_t>;

Ids ids(const std::vector<ListedConnection>& rows) {
  Ids found;
  for (const ListedConnection& row : rows) found.push_back(row.connection.id);
  return found;
}

ListingPart part(const Ids& of) {
  ListingPart made;
  for (const std::uint64_t id : of) {
    made.push_back({});
    made.back().connection.id = id;
  }
  return made;
}

/// A table of watched sockets and what the detector makes of them at kNoon.
struct ListingTest : testing::Test {
  ConnectionTable table{{}, 5};
  LeakDetector leaks{{}, AttributionMethod::Auto, 5};
  LeakPolicy policy;
  ListingQuery query;

  void add(const Connection& row) {
    table.apply({.tuple = row.tuple,
                 .at = kNoon,
                 .to = row.state,
                 .quality = Quality::Kernel,
                 .socket = row.socket});
  }
  void add(TcpState state, std::uint64_t id) {
    Connection row = close_wait(2h, 0, id);
    row.state = state;
    add(row);
  }
  Ids listed() {
    std::vector<LeakEvent> events;
    leaks.evaluate(kNoon, table, {}, events);
    return ids(list_watched(query, table, leaks, policy, kNoon));
  }
};

TEST_F(ListingTest, RowsAreInTheOrderOfTheirIds) {
  for (const std::uint64_t id : {30U, 10U, 20U}) add(TcpState::LastAck, id);
  EXPECT_EQ(listed(), (Ids{10, 20, 30}));
}

TEST_F(ListingTest, OneMoreThanThePageIsFound) {
  for (std::uint64_t id = 1; id <= 50; ++id) add(TcpState::LastAck, id);
  query.limit = 3;
  query.after = 7;
  EXPECT_EQ(listed(), (Ids{8, 9, 10, 11}));
}

TEST_F(ListingTest, TheFilterHolds) {
  add(TcpState::LastAck, 1);
  add(TcpState::Listen, 2);
  query.filter.states = {TcpState::Listen};
  EXPECT_EQ(listed(), Ids{2});
}

TEST_F(ListingTest, AnIdIsExactlyThatRow) {
  for (std::uint64_t id = 1; id <= 9; ++id) add(TcpState::LastAck, id);
  query.id = 4;
  EXPECT_EQ(listed(), Ids{4});
}

TEST_F(ListingTest, ACauseNamesCloseWaitSocketsOnly) {
  add(close_wait(2h, 0, 1));
  add(close_wait(2h, 1, 2));
  add(close_wait(2h, 100, 3));
  add(TcpState::LastAck, 4);
  query.causes = {LeakCause::UnreadEof, LeakCause::UnreadData};
  EXPECT_EQ(listed(), (Ids{2, 3}));
}

TEST_F(ListingTest, ARowSaysItsCauseAndWhetherItIsALeak) {
  add(close_wait(2h, 0, 1));
  add(close_wait(2s, 0, 2));
  add(TcpState::LastAck, 3);
  ASSERT_EQ(listed(), (Ids{1, 2, 3}));
  const auto rows = list_watched(query, table, leaks, policy, kNoon);
  EXPECT_EQ(rows[0].cause, LeakCause::NotClosed);
  EXPECT_TRUE(rows[0].leaked);
  EXPECT_NE(rows[0].holders, nullptr);
  EXPECT_EQ(rows[1].cause, LeakCause::NotClosed);
  EXPECT_FALSE(rows[1].leaked);
  EXPECT_EQ(rows[1].holders, nullptr);
  EXPECT_FALSE(rows[2].cause);
}

TEST_F(ListingTest, HeldInodesRestrictTheRows) {
  for (std::uint64_t id = 1; id <= 3; ++id) add(close_wait(2h, 0, id));
  query.inodes = std::make_shared<const InodeSet>(InodeSet{7002});
  EXPECT_EQ(listed(), Ids{2});
}

/// Who accepts it holds it, as far as anybody does.
TEST_F(ListingTest, AnUnacceptedConnectionBelongsToItsListener) {
  Connection waiting = close_wait(2h, 0, 1);
  waiting.socket.inode = 0;
  add(waiting);
  Connection listener = close_wait(2h, 1, 2);
  listener.tuple.remote = {};
  listener.state = TcpState::Listen;
  listener.socket.inode = 5443;
  listener.socket.times.reset();
  add(listener);
  query.inodes = std::make_shared<const InodeSet>(InodeSet{5443});
  EXPECT_EQ(listed(), (Ids{1, 2}));
  const auto rows = list_watched(query, table, leaks, policy, kNoon);
  EXPECT_EQ(rows[0].cause, LeakCause::NeverAccepted);
  EXPECT_EQ(rows[0].listener, listener.tuple.local);
}

TEST(SmallestIdsTest, KeepsTheSmallestInOrder) {
  SmallestIds smallest(3);
  for (ListedConnection& row : part({9, 4, 7, 1, 8, 3, 2})) smallest.add(row);
  EXPECT_EQ(ids(smallest.take_sorted()), (Ids{1, 2, 3}));
}

TEST(MergeParts, IsOnePageInOrder) {
  const auto page = merge_parts({}, kNoon, part({2, 5}), part({1, 3, 9}));
  EXPECT_EQ(ids(page.rows), (Ids{1, 2, 3, 5, 9}));
  EXPECT_FALSE(page.next);
  EXPECT_EQ(page.at, kNoon);
}

TEST(MergeParts, WhatIsLeftIsTheNextPage) {
  const auto page =
      merge_parts({.limit = 3}, kNoon, part({2, 5, 6}), part({1, 3, 9}));
  EXPECT_EQ(ids(page.rows), (Ids{1, 2, 3}));
  EXPECT_EQ(page.next, 3U);
}

TEST(MergeParts, AFullLastPageHasNoNext) {
  EXPECT_FALSE(merge_parts({.limit = 2}, kNoon, part({2}), part({1})).next);
}

/// A FIN_WAIT_2 socket can be a TIME_WAIT minisock with the same cookie by the
/// time the kernel is asked.
TEST(MergeParts, ARowOfBothPartsIsThereOnceAsTheKernelHasItNow) {
  ListingPart watched = part({2, 5});
  ListingPart dumped = part({5, 6});
  watched[1].connection.state = TcpState::FinWait2;
  dumped[0].connection.state = TcpState::TimeWait;
  const auto page = merge_parts({.limit = 3}, kNoon, watched, dumped);
  ASSERT_EQ(ids(page.rows), (Ids{2, 5, 6}));
  EXPECT_EQ(page.rows[1].connection.state, TcpState::TimeWait);
  EXPECT_FALSE(page.next);
}

TEST(NeedsDump, OnlyForStatesThatAreNotWatchedWhole) {
  ListingQuery query;
  EXPECT_TRUE(needs_dump(query));
  query.filter.states = {TcpState::CloseWait, TcpState::Listen};
  EXPECT_FALSE(needs_dump(query));
  for (const TcpState state : {TcpState::Established, TcpState::TimeWait,
                               TcpState::SynReceived, TcpState::FinWait2}) {
    query.filter.states = {state};
    EXPECT_TRUE(needs_dump(query)) << label(state);
  }
}

TEST(NeedsDump, NotForCausesWhichOnlyCloseWaitHas) {
  EXPECT_FALSE(needs_dump({.causes = {LeakCause::NotClosed}}));
}

TEST(WantsProcess, EveryListMustMatchAndAnyOfAListMay) {
  const auto java = process(2211, "java", "app.service");
  EXPECT_TRUE(ListingQuery{}.wants(*java));
  EXPECT_TRUE((ListingQuery{.pids = {1, 2211}}).wants(*java));
  EXPECT_TRUE(
      (ListingQuery{.pids = {2211}, .processes = {"java"}}.wants(*java)));
  EXPECT_FALSE(
      (ListingQuery{.pids = {2211}, .processes = {"nginx"}}.wants(*java)));
  EXPECT_FALSE((ListingQuery{.units = {"app"}}).wants(*java));
}

}  // namespace
}  // namespace tcpstated
