// SPDX-License-Identifier: Apache-2.0
// The model against ends that really have states, over bad paths. The capture
// is beside ends[0]: the model must know its state exactly at every moment. Of
// the other it must be right, or not claim to be sure, whenever nothing is on
// its way.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "fakes/simulated_path.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin{1h};

class Trial {
 public:
  Trial(std::uint32_t seed, const PathFaults& faults)
      : seed_(seed),
        path_(seed, faults),
        model_({}, 3, [](const IpAddress& ip) {
          return ip == SimulatedPath::endpoint(0).ip;
        }) {
    path_.capture = [this](const Segment& s) {
      model_.observe(std::span(&s, 1), changes_);
      history_ += to_text(s);
    };
    path_.settled = [this](Instant now) { check(now); };
  }

  /// "" or what went wrong first, with all that was captured before.
  std::string run() {
    const std::size_t client = path_.chance(0.5) ? 0 : 1;
    const bool both = path_.chance(0.1);  // simultaneous open
    path_.ends[1 - client].listen(path_.chance(0.95) && !both ? 500 : 0);
    for (SimulatedEnd& end : path_.ends)
      end.ack_delay = path_.chance(0.5) ? 40ms : 0ms;
    Instant at = kBegin;
    const int connections = path_.chance(0.3) && !both ? 3 : 1;
    auto isn = static_cast<std::uint32_t>(path_.random()());
    for (int i = 0; i < connections; ++i) {
      plan_open(client, at, isn);
      if (both) plan_open(1 - client, at + path_.up_to(15ms), isn + 7777);
      for (std::size_t end = 0; end < 2; ++end) plan_life(end, at);
      at += 10s + path_.up_to(path_.chance(0.3) ? 150s : 2s);
      isn += 100'000'000;
    }
    const Instant end = at + (path_.chance(0.5) ? 10s : 200s);
    path_.run(end);
    check(end);
    check_remote(path_.is_quiet());
    return problem_;
  }

 private:
  struct Known {
    TcpState state = TcpState::Closed;
    Quality quality = Quality::Unknown;
  };

  void plan_open(std::size_t end, Instant at, std::uint32_t isn) {
    path_.plan(at, [this, end, isn](Instant now) {
      SimulatedEnd& who = path_.ends[end];
      if (who.state() == TcpState::Closed || who.state() == TcpState::TimeWait)
        who.connect(now, isn);
    });
  }

  /// Writes now and then, then closes, shuts down, aborts or forgets to.
  void plan_life(std::size_t end, Instant at) {
    const auto act = [&](Duration most, auto&& what) {
      path_.plan(at + 100ms + path_.up_to(most),
                 [this, end, what](Instant now) {
                   check_remote(path_.is_quiet() && now > last_event_ + 500ms);
                   what(path_.ends[end], now);
                 });
    };
    const auto writes = path_.random()() % 4;
    for (std::uint64_t i = 0; i < writes; ++i)
      act(8s, [n = path_.random()() % 4000](SimulatedEnd& who, Instant now) {
        who.write(now, static_cast<std::uint32_t>(n));
      });
    const double fate = std::uniform_real_distribution<>(0, 1)(path_.random());
    const Duration when = path_.chance(0.5) ? 300ms : 9s;
    if (fate < 0.6)
      act(when, [](SimulatedEnd& e, Instant now) { e.close(now, true); });
    else if (fate < 0.8)
      act(when, [](SimulatedEnd& e, Instant now) { e.close(now, false); });
    else if (fate < 0.9)
      act(when, [](SimulatedEnd& e, Instant now) { e.abort(now); });
  }

  void check(Instant now) {
    model_.expire(now, changes_);
    note_changes();
    last_event_ = now;
    // Whether a process still holds FIN-WAIT-2 is not on the wire.
    const bool maybe_orphan = known_[0].quality == Quality::Inferred &&
                              known_[0].state == TcpState::Closed &&
                              path_.ends[0].state() == TcpState::FinWait2;
    if (known_[0].state != path_.ends[0].state() && !maybe_orphan)
      fail("local", known_[0], path_.ends[0].state());
  }

  void check_remote(bool settled) {
    // A RST that was lost on its way to us is not sent again.
    const bool gone =
        path_.ends[1].state() == TcpState::Closed &&
        (path_.lost_reset() || known_[1].state == TcpState::Established);
    if (settled && !gone && known_[1].quality == Quality::Confirmed &&
        known_[1].state != path_.ends[1].state())
      fail("remote", known_[1], path_.ends[1].state());
  }

  void note_changes() {
    for (const EndpointChange& change : changes_) {
      const std::size_t end =
          change.tuple.local == SimulatedPath::endpoint(0) ? 0 : 1;
      known_[end] = {change.to, change.quality};
      history_ += std::string("    ") + (end == 0 ? "local " : "remote ") +
                  std::string(label(change.to)) + " " +
                  std::string(label(change.quality)) + " " +
                  std::string(label(change.reason)) + "\n";
      const bool alarming = change.to == TcpState::CloseWait &&
                            change.quality == Quality::Confirmed;
      if (alarming && !path_.ends[end].was_close_wait())
        fail("close-wait", known_[end], path_.ends[end].state());
    }
    changes_.clear();
  }

  void fail(const std::string& what, const Known& known, TcpState truth) {
    if (!problem_.empty()) return;
    problem_ = "seed " + std::to_string(seed_) + ": " + what + " is " +
               std::string(label(truth)) + ", the model says " +
               std::string(label(known.state)) + "\n" + history_;
  }

  static std::string to_text(const Segment& s) {
    return std::to_string((s.at - kBegin) / 1us) + " " +
           (s.from.port == 1000 ? "local" : "  remote") +
           (s.flags.syn ? " SYN" : "") + (s.flags.fin ? " FIN" : "") +
           (s.flags.rst ? " RST" : "") + " seq " + std::to_string(s.seq.raw) +
           "+" + std::to_string(s.payload) +
           (s.flags.ack ? " ack " + std::to_string(s.ack.raw) : "") + "\n";
  }

  std::uint32_t seed_;
  SimulatedPath path_;
  TcpModel model_;
  std::vector<EndpointChange> changes_;
  std::array<Known, 2> known_;
  Instant last_event_ = kBegin;
  std::string history_;
  std::string problem_;
};

/// TCPSTATED_TRIALS asks for more than the usual number.
std::uint32_t trials() {
  const char* const wanted = std::getenv("TCPSTATED_TRIALS");
  return wanted != nullptr ? static_cast<std::uint32_t>(std::atoi(wanted))
                           : 2000;
}

void expect_right(const PathFaults& faults) {
  int failures = 0;
  for (std::uint32_t seed = 0; seed < trials() && failures < 3; ++seed) {
    const std::string problem = Trial(seed, faults).run();
    EXPECT_TRUE(problem.empty()) << problem;
    if (!problem.empty()) ++failures;
  }
}

TEST(TcpModelAgainstTruth, OnAGoodPath) { expect_right({}); }

TEST(TcpModelAgainstTruth, OnAPathThatReorders) {
  expect_right({.jitter = 20ms});
}

TEST(TcpModelAgainstTruth, OnAPathThatDuplicates) {
  expect_right({.duplication = 0.2, .jitter = 5ms});
}

TEST(TcpModelAgainstTruth, OnAPathThatLoses) { expect_right({.loss = 0.1}); }

TEST(TcpModelAgainstTruth, OnAPathThatDoesEverything) {
  expect_right({.loss = 0.15, .duplication = 0.1, .jitter = 30ms});
}

}  // namespace
}  // namespace tcpstated
