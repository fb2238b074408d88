// SPDX-License-Identifier: Apache-2.0
#include "leak/leak_detector.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fakes/fake_kernel.hpp"
#include "fakes/rows.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

struct LeakDetectorTest : testing::Test {
  FakeKernel kernel;
  ConnectionTable table{{}, 7};
  LeakDetector leaks{{}, AttributionMethod::Auto, 7};
  std::vector<Connection> detached;
  std::vector<LeakEvent> events;

  /// Sweeps the fake kernel into the table and judges.
  void sweep() {
    const auto view = kernel.view();
    struct Sink final : RowSink {
      explicit Sink(ConnectionTable& into) : table(into) {}
      void on_rows(std::span<const StateChange> rows) override {
        for (const StateChange& row : rows) table.apply(row);
      }
      ConnectionTable& table;
    } sink(table);
    std::vector<Transition> closed;
    table.begin_snapshot();
    ASSERT_TRUE(view->dump_tcp(kWatchedStates, sink));
    table.end_snapshot(view->now(), true, closed);
    events.clear();
    leaks.evaluate(view->now(), table, detached, events);
  }

  /// A connection whose peer closes now.
  std::uint64_t closed_by_peer(std::uint32_t unread = 0) {
    StateChange& row =
        kernel.add("10.0.0.1:8080", "10.0.0.7:51312", TcpState::CloseWait);
    row.socket.receive_queue = unread;
    return row.socket.cookie;
  }
};

TEST_F(LeakDetectorTest, ASocketBecomesALeakAtTheThreshold) {
  closed_by_peer();
  kernel.advance(59s);
  sweep();
  EXPECT_TRUE(leaks.leaks().empty());
  kernel.advance(1s);
  sweep();
  ASSERT_EQ(leaks.leaks().size(), 1U);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].leaking);
  EXPECT_EQ(events[0].leak.cause, LeakCause::NotClosed);
}

TEST_F(LeakDetectorTest, ItIsResolvedWhenTheApplicationCloses) {
  const auto cookie = closed_by_peer();
  kernel.advance(2min);
  sweep();
  kernel.remove(kernel.socket(cookie));
  sweep();
  EXPECT_TRUE(leaks.leaks().empty());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_FALSE(events[0].leaking);
}

TEST_F(LeakDetectorTest, EveryCloseWaitSocketHasOneCause) {
  closed_by_peer(0);
  closed_by_peer(1);
  closed_by_peer(500);
  sweep();  // young ones are judged too
  const CauseCounts& causes = leaks.close_wait_by_cause();
  EXPECT_EQ(causes[static_cast<std::size_t>(LeakCause::NotClosed)], 1U);
  EXPECT_EQ(causes[static_cast<std::size_t>(LeakCause::UnreadEof)], 1U);
  EXPECT_EQ(causes[static_cast<std::size_t>(LeakCause::UnreadData)], 1U);
}

TEST_F(LeakDetectorTest, ANeverAcceptedSocketIsHeldByItsListener) {
  const auto listener = kernel.listen("0.0.0.0:8080").socket.inode;
  kernel.listen("0.0.0.0:9090");
  const auto cookie = closed_by_peer(1);
  kernel.socket(cookie).socket.inode = 0;
  kernel.advance(2min);
  sweep();
  ASSERT_EQ(leaks.leaks().size(), 1U);
  EXPECT_EQ(leaks.leaks()[0]->cause, LeakCause::NeverAccepted);
  EXPECT_EQ(leaks.leaks()[0]->listener, *Endpoint::parse("0.0.0.0:8080"));
  EXPECT_EQ(leaks.wanted().unknown, std::vector{listener});
}

TEST_F(LeakDetectorTest, AskedForOnceAnAnswerIsOnlyCheckedAgain) {
  const auto cookie = closed_by_peer();
  const auto inode = kernel.socket(cookie).socket.inode;
  kernel.advance(2min);
  sweep();
  EXPECT_EQ(leaks.leaks()[0]->holders->attribution, Attribution::Pending);
  EXPECT_EQ(leaks.wanted().unknown, std::vector{inode});
  leaks.learn(
      {.entries = {{inode, found({holder(process(2211, "java"), 87)})}}});
  EXPECT_EQ(leaks.leaks()[0]->holders->holders.size(), 1U);
  const HolderQuestion again = leaks.wanted();
  EXPECT_TRUE(again.unknown.empty());
  ASSERT_EQ(again.known.size(), 1U);
  EXPECT_EQ(again.known[0].inode, inode);
}

TEST_F(LeakDetectorTest, ChecksAreRoundRobinWithinTheBudget) {
  leaks.set_policy({.max_inspections = 2});
  HolderAnswer answer;
  for (int i = 0; i < 5; ++i) {
    const auto cookie = closed_by_peer();
    answer.entries.push_back({kernel.socket(cookie).socket.inode,
                              found({holder(process(1, "a"), 3)})});
  }
  kernel.advance(2min);
  sweep();
  leaks.learn(answer);
  std::set<std::uint64_t> checked;
  for (int i = 0; i < 3; ++i)
    for (const auto& known : leaks.wanted().known) checked.insert(known.inode);
  EXPECT_EQ(checked.size(), 5U);
}

TEST_F(LeakDetectorTest, AnswersOfClosedSocketsAreForgotten) {
  const auto cookie = closed_by_peer();
  const auto inode = kernel.socket(cookie).socket.inode;
  kernel.advance(2min);
  sweep();
  leaks.learn({.entries = {{inode, found({holder(process(1, "a"), 3)})}}});
  kernel.remove(kernel.socket(cookie));
  sweep();
  EXPECT_TRUE(leaks.wanted().empty());
}

TEST(LeakDetector, AsksNobodyWhenAttributionIsOff) {
  FakeKernel kernel;
  ConnectionTable table({}, 1);
  LeakDetector leaks({.threshold = 0s}, AttributionMethod::Off, 1);
  table.apply(kernel.add("10.0.0.1:1", "10.0.0.2:2", TcpState::CloseWait));
  std::vector<Connection> detached;
  std::vector<LeakEvent> events;
  leaks.evaluate(kernel.view()->now(), table, {}, events);
  ASSERT_EQ(leaks.leaks().size(), 1U);
  EXPECT_TRUE(leaks.wanted().empty());
  EXPECT_EQ(leaks.leaks()[0]->holders->attribution, Attribution::Off);
}

TEST(GroupLeaks, ASocketWithSeveralHoldersCountsOnceForTheOldest) {
  const auto parent = process(100, "master");
  const auto child = process(200, "worker");
  const Leak both = leak(close_wait(5min, 0, 1), LeakCause::NotClosed,
                         found({holder(parent, 5), holder(child, 5)}));
  const Leak one = leak(close_wait(9min, 0, 2), LeakCause::NotClosed,
                        found({holder(parent, 6)}));
  const auto groups = group_leaks({&both, &one});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].sockets, 2U);
  EXPECT_EQ(groups[0].process, parent);
  EXPECT_EQ(groups[0].other_processes, 1U);
  EXPECT_EQ(groups[0].oldest.connection.id, 2U);
}

TEST(GroupLeaks, TheLargestGroupComesFirst) {
  const Leak a = leak(close_wait(5min, 0, 1), LeakCause::NotClosed,
                      found({holder(process(1, "a"), 5)}));
  const Leak b = leak(close_wait(5min, 0, 2), LeakCause::UnreadEof,
                      found({holder(process(2, "b"), 5)}));
  const Leak c = leak(close_wait(5min, 0, 3), LeakCause::UnreadEof,
                      found({holder(process(2, "b"), 6)}));
  const auto groups = group_leaks({&a, &b, &c});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].process->command, "b");
}

/// A socket in CLOSE_WAIT that a reset took out of every table.
Connection detached_row(const StateChange& row, Instant closed) {
  return {.id = row.socket.cookie,
          .tuple = row.tuple,
          .state = TcpState::Closed,
          .quality = Quality::Kernel,
          .since = {.earliest = closed, .latest = closed, .exact = true},
          .first_seen = closed,
          .last_seen = closed,
          .socket = row.socket};
}

TEST_F(LeakDetectorTest, ADetachedSocketIsALeakAtTheThreshold) {
  const auto cookie = closed_by_peer();
  const StateChange row = kernel.socket(cookie);
  kernel.remove(row);
  detached.push_back(detached_row(row, kernel.view()->now()));
  kernel.advance(59s);
  sweep();
  EXPECT_TRUE(leaks.leaks().empty());
  kernel.advance(1s);
  sweep();
  ASSERT_EQ(leaks.leaks().size(), 1U);
  EXPECT_EQ(leaks.leaks()[0]->cause, LeakCause::Detached);
}

TEST_F(LeakDetectorTest, ALeakThatIsResetGoesOnAsDetached) {
  const auto cookie = closed_by_peer();
  kernel.advance(70s);
  sweep();
  ASSERT_EQ(leaks.leaks().size(), 1U);
  const StateChange row = kernel.socket(cookie);
  kernel.remove(row);
  detached.push_back(detached_row(row, kernel.view()->now()));
  sweep();
  EXPECT_TRUE(events.empty()) << "neither gone nor new";
  ASSERT_EQ(leaks.leaks().size(), 1U);
  EXPECT_EQ(leaks.leaks()[0]->cause, LeakCause::Detached);
  detached.clear();
  sweep();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_FALSE(events[0].leaking);
}

}  // namespace
}  // namespace tcpstated
