// SPDX-License-Identifier: Apache-2.0
// What every CaptureBackend promises the engine, over the fake kernel and over
// the real one of this process's network namespace.
#include <gtest/gtest.h>

#include <optional>

#include "capture/backends.hpp"
#include "capture/ebpf_backend.hpp"
#include "capture/sock_diag_backend.hpp"
#include "fakes/deaf_sink.hpp"
#include "fakes/fake_events.hpp"
#include "fakes/fake_kernel.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// Checks the order of the calls while they come.
class StrictSink final : public DeafSink {
 public:
  void on_changes(std::span<const StateChange> changes) override {
    EXPECT_FALSE(changes.empty());
    rows += changes.size();
    for (const StateChange& row : changes) {
      EXPECT_EQ(row.quality, Quality::Kernel);
      EXPECT_NE(row.socket.cookie, 0U);
    }
  }
  void on_snapshot_begin(Instant at) override {
    EXPECT_FALSE(begun_) << "two snapshots at once";
    begun_ = at;
    counters_ = false;
  }
  void on_snapshot_end(const SnapshotReport& report) override {
    ASSERT_TRUE(begun_) << "the end of nothing";
    EXPECT_TRUE(counters_) << "counters come before the end";
    EXPECT_EQ(report.at, *begun_);
    EXPECT_GT(report.next_in, 0ns);
    EXPECT_GE(report.cpu, 0ns);
    begun_.reset();
    ++snapshots;
  }
  void on_counters(const TcpCounters&) override {
    counters_ = true;
    ++counters;
  }
  void on_time(Instant now) override {
    EXPECT_FALSE(begun_) << "time passes within a snapshot";
    if (time) {
      EXPECT_GE(now, *time) << "time goes back";
    }
    time = now;
    ++times;
  }

  std::size_t rows = 0;
  std::size_t snapshots = 0;
  std::size_t counters = 0;
  std::size_t times = 0;
  std::optional<Instant> time;

 private:
  std::optional<Instant> begun_;
  bool counters_ = false;
};

/// A kernel with the sockets that the tests need: one that listens.
struct World {
  virtual ~World() = default;
  /// Null: this kernel or this user cannot have it; `why` says so.
  virtual std::unique_ptr<CaptureBackend> backend() = 0;
  std::string why;
};

struct FakeWorld : World {
  FakeKernel kernel;
  FakeWorld() {
    kernel.listen("0.0.0.0:80");
    kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
    kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait);
  }
  std::unique_ptr<CaptureBackend> backend() override {
    return std::make_unique<SockDiagBackend>(kernel.view(), SockDiagOptions{});
  }
};

struct FakePrograms final : FakeWorld {
  std::unique_ptr<SocketView> clock = kernel.view();
  FakeEvents events{[this] { return clock->now(); }};
  FakeHeldSockets held;
  std::unique_ptr<CaptureBackend> backend() override {
    return std::make_unique<EbpfBackend>(events.source(), kernel.view(),
                                         held.view(), EbpfOptions{});
  }
};

/// A backend of the daemon's own table, over this kernel.
struct RealWorld final : World {
  explicit RealWorld(std::string_view wanted) : name(wanted) {}
  std::unique_ptr<CaptureBackend> backend() override {
    for (const BackendInfo& info : backends()) {
      if (info.name != name) continue;
      auto opened = info.open(CaptureOptions{});
      if (opened) return std::move(*opened);
      why = opened.error().message;
    }
    return nullptr;
  }
  std::string_view name;
};

std::unique_ptr<World> make_world(const std::string& name) {
  if (name == "ThisKernel") return std::make_unique<RealWorld>("sock_diag");
  if (name == "ThisKernelsPrograms") return std::make_unique<RealWorld>("ebpf");
  if (name == "TheFakePrograms") return std::make_unique<FakePrograms>();
  return std::make_unique<FakeWorld>();
}

struct CaptureContract : testing::TestWithParam<std::string> {
  std::unique_ptr<World> world = make_world(GetParam());
  std::unique_ptr<CaptureBackend> backend = world->backend();
  StrictSink sink;

  void SetUp() override {
    if (!backend) GTEST_SKIP() << world->why;
  }
};

/// Those that bring the time on, by sweeps of the whole table.
struct SweepContract : CaptureContract {};

TEST_P(CaptureContract, HasANameForLabels) {
  EXPECT_FALSE(backend->name().empty());
  EXPECT_EQ(backend->name().find_first_not_of("abcdefghijklmnopqrstuvwxyz_"),
            std::string_view::npos);
}

TEST_P(CaptureContract, WantsToBeDrainedNowAndThen) {
  EXPECT_GT(backend->period(), 0ns);
  EXPECT_LE(backend->period(), 1min);
}

TEST_P(SweepContract, TheFirstDrainIsASnapshot) {
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_GE(sink.snapshots, 1U);
  EXPECT_GE(sink.counters, 1U);
  EXPECT_EQ(sink.times, 1U);
}

TEST_P(CaptureContract, CanBeDrainedAgainAtOnce) {
  ASSERT_TRUE(backend->drain(sink));
  ASSERT_TRUE(backend->drain(sink));
}

TEST_P(CaptureContract, SaysWhatItDoesAndNeverCountsBackwards) {
  EXPECT_EQ(backend->stats().received, 0U);
  ASSERT_TRUE(backend->drain(sink));
  const CaptureStats first = backend->stats();
  EXPECT_FALSE(first.detail.empty());
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_GE(backend->stats().received, first.received);
  EXPECT_GE(backend->stats().lost, first.lost);
  EXPECT_GE(backend->stats().snapshots, first.snapshots);
}

TEST_P(CaptureContract, MayBeAskedForEveryTransitionAndToStop) {
  ASSERT_TRUE(backend->drain(sink));
  backend->report_every_transition(true);
  ASSERT_TRUE(backend->drain(sink));
  backend->report_every_transition(false);
  ASSERT_TRUE(backend->drain(sink));
}

TEST_P(SweepContract, EveryDrainBringsTheTimeOn) {
  ASSERT_TRUE(backend->drain(sink));
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_EQ(sink.times, 2U);
  EXPECT_GE(sink.counters, 2U);
}

TEST_P(SweepContract, ItsStatisticsGrowAndFitWhatItDelivered) {
  const CaptureStats before = backend->stats();
  EXPECT_EQ(before.received, 0U);
  EXPECT_EQ(before.snapshots, 0U);
  ASSERT_TRUE(backend->drain(sink));
  const CaptureStats first = backend->stats();
  EXPECT_EQ(first.snapshots, sink.snapshots);
  EXPECT_LE(first.received, sink.rows);
  EXPECT_FALSE(first.detail.empty());
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_GE(backend->stats().received, first.received);
  EXPECT_GE(backend->stats().snapshots, first.snapshots);
}

constexpr auto kName = [](const auto& world) { return world.param; };

INSTANTIATE_TEST_SUITE_P(Of, CaptureContract,
                         testing::Values("TheFakeKernel", "ThisKernel",
                                         "TheFakePrograms",
                                         "ThisKernelsPrograms"),
                         kName);
INSTANTIATE_TEST_SUITE_P(Of, SweepContract,
                         testing::Values("TheFakeKernel", "ThisKernel"), kName);

}  // namespace
}  // namespace tcpstated
