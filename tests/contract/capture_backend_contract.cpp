// SPDX-License-Identifier: Apache-2.0
// What every CaptureBackend promises the engine: the two kinds, each over a
// fake world and over the real one.
#include <gtest/gtest.h>

#include <optional>

#include "capture/backends.hpp"
#include "capture/ebpf_backend.hpp"
#include "capture/pcap_backend.hpp"
#include "capture/sock_diag_backend.hpp"
#include "fakes/capture_file.hpp"
#include "fakes/deaf_sink.hpp"
#include "fakes/fake_events.hpp"
#include "fakes/fake_kernel.hpp"
#include "fakes/fake_network.hpp"
#include "fakes/own_network.hpp"

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
  void on_segments(std::span<const Segment> segments) override {
    EXPECT_FALSE(segments.empty());
    EXPECT_TRUE(addresses_) << "addresses come before the first segment";
    for (const Segment& segment : segments) pass(segment.at);
    packets += segments.size();
  }
  void on_hard_error(const HardError& error) override { pass(error.at); }
  void on_loss(Instant now, std::uint64_t packets_lost) override {
    EXPECT_GT(packets_lost, 0U);
    pass(now);
  }
  void on_local_addresses(std::shared_ptr<const LocalAddresses> ours) override {
    EXPECT_NE(ours, nullptr);
    addresses_ = true;
  }
  void on_packet_time(Instant now) override {
    pass(now);
    ++times;
  }
  void on_time(Instant now) override {
    EXPECT_FALSE(begun_) << "time passes within a snapshot";
    pass(now);
    ++times;
  }

  std::size_t rows = 0;
  std::size_t packets = 0;
  std::size_t snapshots = 0;
  std::size_t counters = 0;
  std::size_t times = 0;
  std::optional<Instant> time;

 private:
  void pass(Instant now) {
    if (time) {
      EXPECT_GE(now, *time) << "time goes back";
    }
    time = now;
  }
  std::optional<Instant> begun_;
  bool counters_ = false;
  bool addresses_ = false;
};

/// Something to observe, and a backend that does.
struct World {
  virtual ~World() = default;
  /// Null: this kernel or this user cannot have it; `why` says so.
  virtual std::unique_ptr<CaptureBackend> backend() = 0;
  /// Makes sure that there is something new to see.
  virtual void happen() {}
  std::string why;
};

struct FakeKernelWorld : World {
  FakeKernel kernel;
  FakeKernelWorld() {
    kernel.listen("0.0.0.0:80");
    kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
    kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait);
  }
  std::unique_ptr<CaptureBackend> backend() override {
    return std::make_unique<SockDiagBackend>(kernel.view(), SockDiagOptions{});
  }
};

struct FakeProgramsWorld final : FakeKernelWorld {
  std::unique_ptr<SocketView> clock = kernel.view();
  FakeEvents events{[this] { return clock->now(); }};
  FakeHeldSockets held;
  std::unique_ptr<CaptureBackend> backend() override {
    return std::make_unique<EbpfBackend>(events.source(), kernel.view(),
                                         held.view(), EbpfOptions{});
  }
};

/// A backend of the daemon's own table, over this kernel.
struct RealKernelWorld final : World {
  explicit RealKernelWorld(std::string_view wanted) : name(wanted) {}
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

std::unique_ptr<CaptureBackend> packets_of(
    std::unique_ptr<HostNetwork> network) {
  auto opened = PcapBackend::open(std::move(network), PcapOptions{});
  EXPECT_TRUE(opened) << opened.error().message;
  return std::move(opened).value();
}

struct FakeNetworkWorld final : World {
  FakeNetwork network;
  FakeNetworkWorld() { network.add("eth0"); }
  std::unique_ptr<CaptureBackend> backend() override {
    return packets_of(network.view());
  }
  void happen() override {
    network.arrive("eth0", numbered(1));
    network.advance(20ms);
  }
};

struct RealNetworkWorld final : World {
  std::optional<OwnNetwork> network;
  std::unique_ptr<CaptureBackend> backend() override {
    if (!OwnNetwork::possible()) {
      why = "needs root";
      return nullptr;
    }
    network.emplace();
    auto real = open_host_network();
    EXPECT_TRUE(real) << real.error().message;
    return packets_of(std::move(real).value());
  }
  void happen() override { network->send("lo", numbered(1)); }
};

std::unique_ptr<World> make_world(const std::string& name) {
  if (name == "ThisKernel")
    return std::make_unique<RealKernelWorld>("sock_diag");
  if (name == "ThisKernelsPrograms")
    return std::make_unique<RealKernelWorld>("ebpf");
  if (name == "TheFakePrograms") return std::make_unique<FakeProgramsWorld>();
  if (name == "TheFakeNetwork") return std::make_unique<FakeNetworkWorld>();
  if (name == "ARealNetwork") return std::make_unique<RealNetworkWorld>();
  return std::make_unique<FakeKernelWorld>();
}

struct CaptureContract : testing::TestWithParam<std::string> {
  void SetUp() override {
    if (!backend) GTEST_SKIP() << world->why;
  }
  std::unique_ptr<World> world = make_world(GetParam());
  std::unique_ptr<CaptureBackend> backend = world->backend();
  StrictSink sink;
};

/// Those that bring the time on, by sweeps of the whole table.
struct SweepContract : CaptureContract {};

/// Those that see packets.
struct PacketContract : CaptureContract {};

TEST_P(CaptureContract, HasANameForLabels) {
  EXPECT_FALSE(backend->name().empty());
  EXPECT_EQ(backend->name().find_first_not_of("abcdefghijklmnopqrstuvwxyz_"),
            std::string_view::npos);
}

TEST_P(CaptureContract, WantsToBeDrainedNowAndThen) {
  EXPECT_GT(backend->period(), 0ns);
  EXPECT_LE(backend->period(), 1min);
}

TEST_P(CaptureContract, ItsDescriptorStaysTheSame) {
  const int before = backend->descriptor();
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_EQ(backend->descriptor(), before);
}

TEST_P(CaptureContract, CanBeDrainedAgainAtOnce) {
  ASSERT_TRUE(backend->drain(sink));
  ASSERT_TRUE(backend->drain(sink));
}

TEST_P(CaptureContract, SaysWhatItDoesAndNeverCountsBackwards) {
  EXPECT_EQ(backend->stats().received, 0U);
  world->happen();
  ASSERT_TRUE(backend->drain(sink));
  const CaptureStats first = backend->stats();
  EXPECT_FALSE(first.detail.empty());
  world->happen();
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

TEST_P(SweepContract, TheFirstDrainIsASnapshot) {
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_GE(sink.snapshots, 1U);
  EXPECT_GE(sink.counters, 1U);
  EXPECT_EQ(sink.times, 1U);
}

TEST_P(SweepContract, EveryDrainBringsTheTimeOn) {
  ASSERT_TRUE(backend->drain(sink));
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_EQ(sink.times, 2U);
  EXPECT_GE(sink.counters, 2U);
}

TEST_P(SweepContract, ItsStatisticsFitWhatItDelivered) {
  EXPECT_EQ(backend->stats().snapshots, 0U);
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_EQ(backend->stats().snapshots, sink.snapshots);
  EXPECT_LE(backend->stats().received, sink.rows);
}

TEST_P(PacketContract, EveryDrainSaysHowFarItIs) {
  ASSERT_TRUE(backend->drain(sink));
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_EQ(sink.times, 2U);
  EXPECT_EQ(sink.snapshots, 0U);
  EXPECT_EQ(sink.counters, 0U);
}

TEST_P(PacketContract, PartsOfItsStatisticsAddUp) {
  world->happen();
  ASSERT_TRUE(backend->drain(sink));
  const CaptureStats stats = backend->stats();
  EXPECT_LE(stats.received, sink.packets + stats.rejected);
  std::uint64_t dropped = 0;
  for (const RejectedCount& part : stats.rejected_by) dropped += part.count;
  EXPECT_GE(dropped, stats.rejected);
  std::uint64_t received = 0;
  for (const InterfaceStats& part : stats.interfaces) received += part.received;
  EXPECT_EQ(received, stats.received);
}

constexpr auto kName = [](const auto& world) { return world.param; };

INSTANTIATE_TEST_SUITE_P(Of, CaptureContract,
                         testing::Values("TheFakeKernel", "ThisKernel",
                                         "TheFakePrograms",
                                         "ThisKernelsPrograms",
                                         "TheFakeNetwork", "ARealNetwork"),
                         kName);
INSTANTIATE_TEST_SUITE_P(Of, SweepContract,
                         testing::Values("TheFakeKernel", "ThisKernel"), kName);
INSTANTIATE_TEST_SUITE_P(Of, PacketContract,
                         testing::Values("TheFakeNetwork", "ARealNetwork"),
                         kName);

}  // namespace
}  // namespace tcpstated
