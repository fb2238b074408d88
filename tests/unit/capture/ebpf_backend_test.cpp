// SPDX-License-Identifier: Apache-2.0
#include "capture/ebpf_backend.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "fakes/deaf_sink.hpp"
#include "fakes/fake_events.hpp"
#include "fakes/fake_kernel.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;
using enum TcpState;

class Recorder final : public DeafSink {
 public:
  void on_changes(std::span<const StateChange> changes) override {
    rows.insert(rows.end(), changes.begin(), changes.end());
  }
  void on_events(std::span<const SocketEvent> all) override {
    events.insert(events.end(), all.begin(), all.end());
  }
  void on_event_report(const EventReport& last) override { report = last; }

  std::vector<StateChange> rows;
  std::vector<SocketEvent> events;
  std::optional<EventReport> report;
};

struct EbpfBackendTest : testing::Test {
  FakeKernel kernel;
  std::unique_ptr<SocketView> clock = kernel.view();
  FakeEvents events{[this] { return clock->now(); }};
  FakeHeldSockets held;
  EbpfOptions options;
  Recorder seen;
  EbpfBackend backend{events.source(), kernel.view(), held.view(), options};

  void drain() { ASSERT_TRUE(backend.drain(seen)); }

  /// Known to the kernel, the event on its way.
  StateChange closed_by_peer(std::string_view peer = "10.0.0.2:4001") {
    const StateChange row = kernel.add("10.0.0.1:80", peer, CloseWait);
    events.happen(row, Established, CloseWait);
    return row;
  }
  HeldSocket elsewhere(TcpState state, std::uint64_t cookie = 900) {
    HeldSocket socket{.process = {.pid = 7, .start_time = 70}, .fd = 3};
    socket.socket.tuple = {*Endpoint::parse("10.9.0.1:80"),
                           *Endpoint::parse("10.9.0.2:4001"), 77};
    socket.socket.at = clock->now();
    socket.socket.to = state;
    socket.socket.quality = Quality::Kernel;
    socket.socket.socket.cookie = cookie;
    socket.socket.socket.inode = 5000;
    return socket;
  }
};

TEST_F(EbpfBackendTest, AShortCloseWaitIsCountedAndBecomesNoRow) {
  drain();
  const StateChange row = closed_by_peer();
  kernel.advance(30ms);
  events.happen(row, CloseWait, LastAck);
  kernel.advance(2s);
  drain();
  for (const StateChange& change : seen.rows) EXPECT_EQ(change.to, Closed);
  EXPECT_EQ(seen.report->close_wait.counts[2], 1U);  // 10 ms to 100 ms
}

TEST_F(EbpfBackendTest, WhatStaysIsLookedUpAndHasItsExactMoment) {
  drain();
  const Instant moment = clock->now();
  const StateChange row = closed_by_peer();
  kernel.socket(row.socket.cookie).socket.receive_queue = 7;
  drain();
  EXPECT_TRUE(seen.rows.empty());
  kernel.advance(600ms);
  drain();
  ASSERT_EQ(seen.rows.size(), 2U);
  EXPECT_TRUE(seen.rows[0].is_moment);
  EXPECT_EQ(seen.rows[0].at, moment);
  EXPECT_FALSE(seen.rows[1].is_moment);
  EXPECT_EQ(seen.rows[1].socket.receive_queue, 7U);
}

TEST_F(EbpfBackendTest, LeavingCloseWaitIsToldAtOnce) {
  drain();
  const StateChange row = closed_by_peer();
  kernel.advance(1s);
  drain();
  seen.rows.clear();
  events.happen(row, CloseWait, LastAck);
  drain();
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].to, Closed);
  EXPECT_EQ(seen.rows[0].socket.cookie, row.socket.cookie);
}

TEST_F(EbpfBackendTest, ALossMeansADumpAtOnce) {
  drain();
  kernel.advance(1s);
  drain();
  EXPECT_EQ(kernel.dumps, 1U);
  kernel.add("10.0.0.1:80", "10.0.0.2:4001", CloseWait);  // its event is lost
  events.totals.lost = 1;
  kernel.advance(1s);
  drain();
  EXPECT_EQ(kernel.dumps, 2U);
  EXPECT_EQ(seen.report->resyncs, 1U);
  EXPECT_EQ(seen.report->corrections.missing, 1U);
  EXPECT_EQ(backend.stats().lost, 1U);
}

TEST_F(EbpfBackendTest, WhatTheSecondProgramRescuedIsNotLost) {
  events.totals.missed = events.totals.rescued = 5;
  for (int second = 0; second < 3; ++second) {
    drain();
    kernel.advance(1s);
  }
  EXPECT_EQ(backend.stats().lost, 0U);
  EXPECT_EQ(seen.report->resyncs, 0U);
}

TEST_F(EbpfBackendTest, WhatNobodyRescuedIsLostOnceThatIsCertain) {
  drain();
  events.totals.missed = 5;
  kernel.advance(1s);
  drain();
  EXPECT_EQ(backend.stats().lost, 0U) << "the second program may still run";
  kernel.advance(1s);
  drain();
  EXPECT_EQ(backend.stats().lost, 5U);
}

TEST_F(EbpfBackendTest, ComparesWithADumpNowAndThen) {
  drain();
  kernel.advance(59s);
  drain();
  EXPECT_EQ(kernel.dumps, 1U);
  kernel.advance(1s);
  drain();
  EXPECT_EQ(kernel.dumps, 2U);
}

TEST_F(EbpfBackendTest, SocketsElsewhereBecomeRowsWhenAPassSeesThem) {
  drain();
  const HeldSocket socket = elsewhere(CloseWait);
  const Instant moment = clock->now();
  events.happen(socket.socket, Established, CloseWait);
  kernel.advance(6s);
  held.sockets = {elsewhere(CloseWait), elsewhere(CloseWait)};  // two holders
  drain();
  ASSERT_EQ(seen.rows.size(), 2U);
  EXPECT_TRUE(seen.rows[0].is_moment);
  EXPECT_EQ(seen.rows[0].at, moment);
  EXPECT_EQ(seen.rows[1].socket.inode, 5000U);
  EXPECT_EQ(seen.rows[1].tuple.netns, 77U);
}

TEST_F(EbpfBackendTest, AnAcceptQueueElsewhereIsKnownByItsEvent) {
  drain();
  events.happen(elsewhere(CloseWait).socket, Established, CloseWait);
  kernel.advance(6s);
  drain();
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].socket.inode, 0U);
}

TEST_F(EbpfBackendTest, AListenerElsewhereThatIsGoneIsClosed) {
  held.sockets = {elsewhere(Listen)};
  drain();
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].to, Listen);
  held.sockets.clear();
  kernel.advance(61s);
  drain();
  ASSERT_EQ(seen.rows.size(), 2U);
  EXPECT_EQ(seen.rows[1].to, Closed);
}

TEST_F(EbpfBackendTest, OurOwnSocketsAreNotTakenFromPasses) {
  HeldSocket own = elsewhere(CloseWait);
  own.socket.tuple.netns = 0;
  held.sockets = {own};
  drain();
  EXPECT_TRUE(seen.rows.empty());
}

TEST_F(EbpfBackendTest, PassesThatAreDearAreRare) {
  held.cpu = 100ms;  // 0.5 % of 20 s
  held.sockets = {elsewhere(CloseWait)};
  for (int second = 0; second < 20; ++second) {
    drain();
    kernel.advance(1s);
  }
  EXPECT_EQ(held.passes, 1U);
  drain();
  EXPECT_EQ(held.passes, 2U);
}

TEST_F(EbpfBackendTest, AResetLeakIsDetachedInTheSameDrain) {
  drain();
  const StateChange row = closed_by_peer();
  kernel.advance(5s);
  drain();
  events.happen(row, CloseWait, Closed);
  events.detached = {events.ring.back()};
  kernel.advance(60ms);
  drain();
  ASSERT_EQ(seen.report->detached.size(), 1U);
  EXPECT_EQ(seen.report->detached[0].socket.cookie, row.socket.cookie);
}

TEST_F(EbpfBackendTest, EveryTransitionIsPassedOnOnlyWhileItIsWanted) {
  drain();
  events.happen(closed_by_peer(), CloseWait, LastAck);
  drain();
  EXPECT_TRUE(seen.events.empty());
  backend.report_every_transition(true);
  EXPECT_EQ(events.mode, EventMode::Full);
  events.happen(closed_by_peer("10.0.0.2:4002"), CloseWait, LastAck);
  drain();
  EXPECT_EQ(seen.events.size(), 2U);
  backend.report_every_transition(false);
  EXPECT_EQ(events.mode, EventMode::CloseWait);
}

}  // namespace
}  // namespace tcpstated
