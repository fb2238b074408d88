// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <gtest/gtest.h>

#include "capture/sock_diag_backend.hpp"
#include "fakes/fake_kernel.hpp"
#include "fakes/rows.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// Backend, table, detector and engine over a fake kernel: all of the daemon
/// but its threads.
struct EngineTest : testing::Test, EngineObserver {
  FakeKernel kernel;
  SockDiagBackend backend{kernel.view(), {}};
  ConnectionTable table{{}, 5};
  LeakDetector leaks{{}, AttributionMethod::Auto, 5};
  PacketView packets{{}, 5};
  Engine engine{table, leaks, packets, {}, *this};
  std::vector<LeakEvent> told;

  void on_leak(const LeakEvent& event) override { told.push_back(event); }
  std::shared_ptr<const HostView> tick(Duration after = 0s) {
    kernel.advance(after);
    EXPECT_TRUE(backend.drain(engine));
    return engine.view({}, {.event = engine.now(), .wall = {}});
  }
};

TEST_F(EngineTest, CountsEveryStateFromTheSweepAndTheCounters) {
  kernel.listen("0.0.0.0:80");
  for (int i = 0; i < 3; ++i)
    kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait);
  StateChange& orphan =
      kernel.add("10.0.0.1:80", "10.0.0.2:3", TcpState::FinWait2);
  orphan.socket.kind = SocketKind::TimeWait;
  kernel.add("10.0.0.1:80", "10.0.0.2:4", TcpState::TimeWait).socket.kind =
      SocketKind::TimeWait;
  const auto view = tick();
  EXPECT_TRUE(view->ready);
  EXPECT_EQ(view->tcp[TcpState::Listen], 1U);
  EXPECT_EQ(view->tcp[TcpState::Established], 3U);
  EXPECT_EQ(view->tcp[TcpState::CloseWait], 1U);
  EXPECT_EQ(view->tcp[TcpState::FinWait2], 1U);
  EXPECT_EQ(view->tcp[TcpState::TimeWait], 1U);
  EXPECT_EQ(view->tcp.total(), 7U);
}

TEST_F(EngineTest, MptcpIsCountedApart) {
  kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait).socket.protocol =
      Protocol::Mptcp;
  const auto view = tick();
  EXPECT_EQ(view->tcp[TcpState::CloseWait], 0U);
  EXPECT_EQ(view->mptcp[TcpState::CloseWait], 1U);
}

TEST_F(EngineTest, BetweenSweepsACloseMovesTheCounts) {
  const auto cookie =
      kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait)
          .socket.cookie;
  tick();
  kernel.socket(cookie).to = TcpState::LastAck;
  const auto view = tick(1s);
  EXPECT_EQ(view->tcp[TcpState::CloseWait], 0U);
  EXPECT_EQ(view->tcp[TcpState::LastAck], 1U);
  EXPECT_EQ(view->tcp[TcpState::Established], 0U);
}

TEST_F(EngineTest, NoCountIsEverNegative) {
  kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait);
  kernel.extra.curr_estab = std::uint64_t(0) - 1;  // one less than the rows
  const auto view = tick();
  EXPECT_EQ(view->tcp[TcpState::Established], 0U);
  EXPECT_GT(view->totals.clamped, 0U);
}

TEST_F(EngineTest, RequestSocketsAreCountedButNotKept) {
  StateChange& request =
      kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::SynReceived);
  request.socket.kind = SocketKind::Request;
  const auto view = tick();
  EXPECT_EQ(view->tcp[TcpState::SynReceived], 1U);
  EXPECT_EQ(view->tracked, 0U);
}

TEST_F(EngineTest, ABrokenFirstSweepIsNotReady) {
  kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait);
  kernel.break_off_dumps = true;
  EXPECT_FALSE(tick()->ready);
  kernel.break_off_dumps = false;
  EXPECT_TRUE(tick(5s)->ready);
}

TEST_F(EngineTest, ABrokenSweepKeepsTheLastGoodCounts) {
  for (int i = 0; i < 4; ++i)
    kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::LastAck);
  tick();
  kernel.break_off_dumps = true;
  EXPECT_EQ(tick(5s)->tcp[TcpState::LastAck], 4U);
}

TEST_F(EngineTest, ALeakIsToldOnceAndResolvedOnce) {
  const auto cookie =
      kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait)
          .socket.cookie;
  tick();
  for (int i = 0; i < 70; ++i) tick(1s);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].leaking);
  EXPECT_EQ(engine.view({}, {})->leaked, 1U);
  kernel.remove(kernel.socket(cookie));
  tick(1s);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_FALSE(told[1].leaking);
}

TEST_F(EngineTest, TheTrendIsTheChangeOverFiveMinutes) {
  kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  EXPECT_FALSE(tick()->trend);
  for (int i = 0; i < 360; ++i) tick(1s);
  for (int i = 0; i < 5; ++i)
    kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  const auto view = tick(1s);
  ASSERT_TRUE(view->trend);
  EXPECT_EQ(view->trend->change[index(TcpState::Established)], 5);
  EXPECT_LE(view->trend->window, 5min);
  EXPECT_GT(view->trend->window, 4min + 45s);
}

TEST_F(EngineTest, ListenersThatShareAnAddressAreOneLine) {
  kernel.listen("0.0.0.0:80").socket.receive_queue = 2;
  kernel.listen("0.0.0.0:80").socket.receive_queue = 3;
  const auto view = tick();
  ASSERT_EQ(view->listeners.size(), 1U);
  EXPECT_EQ(view->listeners[0].sockets, 2U);
  EXPECT_EQ(view->listeners[0].queue, 5U);
  EXPECT_EQ(view->listeners[0].inodes.size(), 2U);
}

}  // namespace
}  // namespace tcpstated
