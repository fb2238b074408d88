// SPDX-License-Identifier: Apache-2.0
#include "capture/sock_diag_backend.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "fakes/deaf_sink.hpp"
#include "fakes/fake_kernel.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// Remembers what a backend said.
class Recorder final : public DeafSink {
 public:
  void on_changes(std::span<const StateChange> changes) override {
    rows.insert(rows.end(), changes.begin(), changes.end());
  }
  void on_snapshot_begin(Instant) override { rows.clear(); }
  void on_snapshot_end(const SnapshotReport& report) override {
    reports.push_back(report);
  }
  void on_counters(const TcpCounters& read) override { counters = read; }
  void on_time(Instant at) override { now = at; }

  [[nodiscard]] std::size_t count(TcpState state) const {
    return static_cast<std::size_t>(
        std::ranges::count(rows, state, &StateChange::to));
  }

  std::vector<StateChange> rows;
  std::vector<SnapshotReport> reports;
  TcpCounters counters;
  Instant now;
};

struct SockDiagBackendTest : testing::Test {
  FakeKernel kernel;
  SockDiagOptions options;
  Recorder seen;

  SockDiagBackend backend() { return {kernel.view(), options}; }
};

TEST_F(SockDiagBackendTest, SweepsAllButEstablishedAndTimeWait) {
  kernel.listen("0.0.0.0:80");
  kernel.add("10.0.0.1:80", "10.0.0.2:4000", TcpState::Established);
  kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::CloseWait);
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(seen.rows.size(), 2U);
  EXPECT_EQ(seen.count(TcpState::CloseWait), 1U);
  EXPECT_EQ(seen.counters.curr_estab, 2U);
  EXPECT_TRUE(seen.reports.back().complete);
}

TEST_F(SockDiagBackendTest, AsksOnlyForKnownCloseWaitBetweenSweeps) {
  const auto cookie =
      kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::CloseWait)
          .socket.cookie;
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  kernel.advance(1s);
  kernel.socket(cookie).to = TcpState::LastAck;
  seen.rows.clear();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(kernel.dumps, 1U);
  EXPECT_EQ(seen.count(TcpState::LastAck), 1U);
}

TEST_F(SockDiagBackendTest, SweepsAgainAfterTheInterval) {
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  kernel.advance(4s);
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(kernel.dumps, 1U);
  kernel.advance(1s);
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(kernel.dumps, 2U);
}

TEST_F(SockDiagBackendTest, StretchesTheIntervalWhenSweepsAreDear) {
  kernel.dump_cpu = 100ms;  // and as much again for MPTCP
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(seen.reports.back().next_in, 40s);  // 0.2 s is 0.5 % of 40 s
}

TEST_F(SockDiagBackendTest, ASocketThatClosedDuringTheSweepIsAskedForAgain) {
  const auto cookie =
      kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::CloseWait)
          .socket.cookie;
  kernel.during_dump = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return;
    kernel.remove(kernel.socket(cookie));  // closed after it was dumped
  };
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(kernel.dumps, 1U);
  EXPECT_EQ(seen.count(TcpState::Closed), 1U);
}

TEST_F(SockDiagBackendTest, RepeatsASweepThatContradictsTheCounters) {
  const StateChange orphan = [&] {
    StateChange& row =
        kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::FinWait2);
    row.socket.kind = SocketKind::TimeWait;
    return row;
  }();
  kernel.during_dump = [&, first = true]() mutable {
    if (std::exchange(first, false)) kernel.remove(orphan);
  };
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(kernel.dumps, 2U);
  EXPECT_EQ(seen.count(TcpState::FinWait2), 0U);
}

TEST_F(SockDiagBackendTest, GivesUpRepeatingAfterAWhile) {
  kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::CloseWait);
  kernel.extra.curr_estab = std::uint64_t(0) - 1;  // always one too few
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_LE(kernel.dumps, 8U);
}

TEST_F(SockDiagBackendTest, ASocketThatOneWalkPassedOverIsNotGone) {
  const auto cookie =
      kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::CloseWait)
          .socket.cookie;
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  kernel.advance(5s);
  kernel.skipped = {cookie};
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(seen.count(TcpState::CloseWait), 1U);
  EXPECT_EQ(seen.count(TcpState::Closed), 0U);
}

TEST_F(SockDiagBackendTest, AsksForEveryKnownSocketThatFitsIntoATick) {
  kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::CloseWait);
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  kernel.advance(1s);
  ASSERT_TRUE(watched.drain(seen));
  kernel.add("10.0.0.1:80", "10.0.0.2:4002", TcpState::CloseWait);
  kernel.advance(4s);
  ASSERT_TRUE(watched.drain(seen));  // a sweep, which finds the second one
  kernel.lookups = 0;
  kernel.advance(1s);
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(kernel.lookups, 2U);
}

TEST_F(SockDiagBackendTest, AsksInTurnsForMoreSocketsThanFitIntoATick) {
  options.lookups_per_tick = 2;
  for (int port = 4000; port < 4003; ++port)
    kernel.add("10.0.0.1:80", "10.0.0.2:" + std::to_string(port),
               TcpState::CloseWait);
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  std::set<std::uint64_t> asked;
  seen.rows.clear();
  for (int tick = 0; tick < 2; ++tick) {
    kernel.advance(1s);
    ASSERT_TRUE(watched.drain(seen));
  }
  for (const StateChange& row : seen.rows) asked.insert(row.socket.cookie);
  EXPECT_EQ(asked.size(), 3U);
}

TEST_F(SockDiagBackendTest, ASocketThatLeftCloseWaitIsDumpedOnce) {
  const auto cookie =
      kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::CloseWait)
          .socket.cookie;
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  kernel.advance(5s);
  kernel.socket(cookie).to = TcpState::LastAck;
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(seen.count(TcpState::LastAck), 1U);
}

struct SockDiagBackendUrgentTest : SockDiagBackendTest {
  /// More CLOSE_WAIT than one tick can ask for, all gone a second later.
  void lose_many(SockDiagBackend& watched) {
    std::vector<StateChange> sockets;
    for (int port = 4000; port < 4003; ++port)
      sockets.push_back(kernel.add("10.0.0.1:80",
                                   "10.0.0.2:" + std::to_string(port),
                                   TcpState::CloseWait));
    ASSERT_TRUE(watched.drain(seen));
    for (const StateChange& socket : sockets) kernel.remove(socket);
    kernel.advance(1s);
    ASSERT_TRUE(watched.drain(seen));
  }
};

TEST_F(SockDiagBackendUrgentTest, SweepsBeforeTimeIfTheCountersContradict) {
  options.lookups_per_tick = 1;
  auto watched = backend();
  lose_many(watched);
  EXPECT_EQ(kernel.dumps, 2U);
  EXPECT_EQ(seen.count(TcpState::CloseWait), 0U);
}

TEST_F(SockDiagBackendUrgentTest, DoesNotIfSweepsAreDear) {
  options.lookups_per_tick = 1;
  kernel.dump_cpu = 100ms;
  auto watched = backend();
  lose_many(watched);
  EXPECT_EQ(kernel.dumps, 1U);
}

TEST_F(SockDiagBackendTest, ExpiredFinWait2MinisocksAreSweptAway) {
  StateChange& orphan =
      kernel.add("10.0.0.1:80", "10.0.0.2:4001", TcpState::FinWait2);
  orphan.socket.kind = SocketKind::TimeWait;
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  kernel.remove(orphan);
  kernel.advance(1s);
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_EQ(kernel.dumps, 2U);
}

TEST_F(SockDiagBackendTest, ABrokenDumpIsReportedAsIncompleteAndCounted) {
  kernel.listen("0.0.0.0:80");
  kernel.break_off_dumps = true;
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_FALSE(seen.reports.back().complete);
  EXPECT_EQ(watched.stats().snapshots_failed, watched.stats().snapshots);
}

TEST_F(SockDiagBackendTest, ARefusedDumpEndsTheBackendWithItsReason) {
  kernel.refuse_dumps = Error{"no tcp_diag", {}};
  auto watched = backend();
  const auto drained = watched.drain(seen);
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().message, "no tcp_diag");
}

TEST_F(SockDiagBackendTest, AKernelWithoutMptcpIsSweptWithoutIt) {
  kernel.mptcp = false;
  kernel.listen("0.0.0.0:80");
  auto watched = backend();
  ASSERT_TRUE(watched.drain(seen));
  EXPECT_TRUE(seen.reports.back().complete);
  EXPECT_EQ(seen.rows.size(), 1U);
}

}  // namespace
}  // namespace tcpstated
