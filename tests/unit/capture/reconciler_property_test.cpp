// SPDX-License-Identifier: Apache-2.0
// Random lives of sockets, seen through delayed events and dumps that take
// their time: when everything has arrived, the set is the truth.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "capture/reconciler.hpp"

namespace tcpstated {
namespace {

using enum TcpState;

constexpr int kRounds = 300;
constexpr int kSteps = 400;

/// The kernel: every step one socket moves on; rows and events tell of it.
class TrueKernel {
 public:
  explicit TrueKernel(std::uint32_t seed) : random_(seed) {}

  void step() {
    now_ += Duration(1000);
    if (sockets_.size() < 5 || pick(4) == 0) {
      const std::uint64_t cookie = ++last_cookie_;
      move(cookie, Closed, pick(2) == 0 ? Listen : SynSent);
      return;
    }
    auto at = sockets_.begin();
    std::advance(at, pick(sockets_.size()));
    move(at->first, at->second, next_of(at->second));
  }

  /// One row of every socket in `states`, each read at a moment of its own
  /// while the kernel goes on; dated no later than it was read.
  std::vector<StateChange> dump(StateSet states) {
    std::vector<StateChange> rows;
    const std::uint64_t last = last_cookie_;
    for (std::uint64_t cookie = 1; cookie <= last; ++cookie) {
      const Instant dated = now_;
      if (pick(3) == 0) step();
      const auto found = sockets_.find(cookie);
      if (found == sockets_.end() || !states.contains(found->second)) continue;
      StateChange row{.tuple = tuple(cookie), .at = dated, .to = found->second};
      row.socket.cookie = cookie;
      rows.push_back(row);
    }
    return rows;
  }

  /// Events that were not read yet, at most `count`; some are lost.
  std::vector<SocketEvent> read(std::size_t count, int lost_of_hundred) {
    std::vector<SocketEvent> out;
    count = std::min(count, ring_.size());
    for (std::size_t i = 0; i < count; ++i)
      if (pick(100) >= static_cast<std::size_t>(lost_of_hundred))
        out.push_back(ring_[i]);
    ring_.erase(ring_.begin(), ring_.begin() + static_cast<long>(count));
    return out;
  }
  std::size_t unread() const { return ring_.size(); }

  std::map<std::uint64_t, TcpState> truth(StateSet states) const {
    std::map<std::uint64_t, TcpState> kept;
    for (const auto& [cookie, state] : sockets_)
      if (states.contains(state)) kept.emplace(cookie, state);
    return kept;
  }
  Instant now() const { return now_; }
  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

 private:
  static FourTuple tuple(std::uint64_t cookie) {
    return {{IpAddress::v4(1), 80},
            {IpAddress::v4(2), static_cast<std::uint16_t>(cookie)}};
  }
  TcpState next_of(TcpState state) {
    switch (state) {
      case SynSent:
        return pick(5) == 0 ? Closed : Established;
      case Established:
        return std::array{FinWait1, CloseWait, Closed}[pick(3)];
      case FinWait1:
        return std::array{FinWait2, Closing, Closed}[pick(3)];
      case CloseWait:
        return pick(3) == 0 ? Closed : LastAck;
      default:
        return Closed;
    }
  }
  void move(std::uint64_t cookie, TcpState from, TcpState to) {
    SocketEvent event;
    event.at = now_;
    event.cookie = cookie;
    event.tuple = tuple(cookie);
    event.from = from;
    event.to = to;
    ring_.push_back(event);
    if (to == Closed)
      sockets_.erase(cookie);
    else
      sockets_[cookie] = to;
  }

  std::mt19937 random_;
  Instant now_{std::chrono::hours(1)};
  std::uint64_t last_cookie_ = 0;
  std::map<std::uint64_t, TcpState> sockets_;
  std::vector<SocketEvent> ring_;
};

std::map<std::uint64_t, TcpState> states_of(const Reconciler& known) {
  std::map<std::uint64_t, TcpState> states;
  known.visit([&](const FollowedSocket& socket) {
    states.emplace(socket.ref.cookie, socket.state);
  });
  return states;
}

struct Follower {
  TrueKernel& kernel;
  StateSet states;
  Reconciler known{states};

  void read(std::size_t count, int lost = 0) {
    for (const SocketEvent& event : kernel.read(count, lost))
      if (states.contains(event.from) || states.contains(event.to))
        known.apply(event);
  }
  /// As the backend does it: dump, read all events, merge, ask for the rest.
  void reconcile() {
    known.begin_dump(kernel.now());
    const auto rows = kernel.dump(states);
    read(kernel.unread());
    const auto truth = kernel.truth(StateSet::all());
    for (const SocketRef& ref : known.merge(DumpScope::Own, rows, true)) {
      const auto found = truth.find(ref.cookie);
      StateChange row{.tuple = ref.tuple, .at = kernel.now(), .to = Closed};
      row.socket.cookie = ref.cookie;
      if (found != truth.end()) row.to = found->second;
      known.still_there(row);
    }
  }
};

struct ReconcilerProperty : testing::TestWithParam<StateSet> {};

TEST_P(ReconcilerProperty, WithoutLossTheSetIsTheTruthAndNeedsNoCorrection) {
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    TrueKernel kernel(seed);
    for (int i = 0; i < 50; ++i) kernel.step();
    (void)kernel.read(kernel.unread(), 0);  // before the programs were attached
    Follower follower{kernel, GetParam()};
    follower.reconcile();
    for (int i = 0; i < kSteps; ++i) {
      kernel.step();
      if (kernel.pick(4) == 0) follower.read(kernel.pick(10));
      if (kernel.pick(60) == 0) follower.reconcile();
    }
    follower.read(kernel.unread());
    ASSERT_EQ(states_of(follower.known), kernel.truth(GetParam()))
        << "seed " << seed;
    ASSERT_EQ(follower.known.corrections().total(), 0U) << "seed " << seed;
  }
}

TEST_P(ReconcilerProperty, AfterALossOneResyncMakesTheSetTheTruth) {
  std::uint64_t corrected = 0;
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    TrueKernel kernel(seed);
    Follower follower{kernel, GetParam()};
    follower.reconcile();
    for (int i = 0; i < kSteps; ++i) {
      kernel.step();
      if (kernel.pick(4) == 0) follower.read(kernel.pick(10), 20);
    }
    follower.read(kernel.unread(), 20);
    follower.reconcile();
    follower.read(kernel.unread());
    ASSERT_EQ(states_of(follower.known), kernel.truth(GetParam()))
        << "seed " << seed;
    corrected += follower.known.corrections().total();
  }
  EXPECT_GT(corrected, 0U) << "nothing was lost: the test tests nothing";
}

INSTANTIATE_TEST_SUITE_P(Of, ReconcilerProperty,
                         testing::Values(StateSet{CloseWait}, kWatchedStates,
                                         StateSet::all().without({Closed})),
                         [](const auto& states) {
                           return "Mask" +
                                  std::to_string(states.param.kernel_mask());
                         });

}  // namespace
}  // namespace tcpstated
