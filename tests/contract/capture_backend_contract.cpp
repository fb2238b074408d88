// SPDX-License-Identifier: Apache-2.0
// What every CaptureBackend promises the engine: the two kinds, each over a
// fake world and over the real one.
#include <gtest/gtest.h>

#include <optional>

#include "capture/pcap_backend.hpp"
#include "capture/sock_diag_backend.hpp"
#include "fakes/capture_file.hpp"
#include "fakes/deaf_sink.hpp"
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
  virtual std::unique_ptr<CaptureBackend> backend() = 0;
  /// Makes sure that there is something new to see.
  virtual void happen() {}
  virtual bool has_snapshots() const { return true; }
};

struct FakeKernelWorld final : World {
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

struct RealKernelWorld final : World {
  std::unique_ptr<CaptureBackend> backend() override {
    auto opened = open_socket_view();
    EXPECT_TRUE(opened) << opened.error().message;
    return std::make_unique<SockDiagBackend>(std::move(opened).value(),
                                             SockDiagOptions{});
  }
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
  bool has_snapshots() const override { return false; }
};

struct RealNetworkWorld final : World {
  OwnNetwork network;
  std::unique_ptr<CaptureBackend> backend() override {
    auto real = open_host_network();
    EXPECT_TRUE(real) << real.error().message;
    return packets_of(std::move(real).value());
  }
  void happen() override { network.send("lo", numbered(1)); }
  bool has_snapshots() const override { return false; }
};

std::unique_ptr<World> make_world(const std::string& name) {
  if (name == "ThisKernel") return std::make_unique<RealKernelWorld>();
  if (name == "TheFakeKernel") return std::make_unique<FakeKernelWorld>();
  if (name == "TheFakeNetwork") return std::make_unique<FakeNetworkWorld>();
  return OwnNetwork::possible() ? std::make_unique<RealNetworkWorld>()
                                : nullptr;
}

struct CaptureContract : testing::TestWithParam<std::string> {
  void SetUp() override {
    world = make_world(GetParam());
    if (!world) GTEST_SKIP() << "needs root";
    backend = world->backend();
  }
  std::unique_ptr<World> world;
  std::unique_ptr<CaptureBackend> backend;
  StrictSink sink;
};

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

TEST_P(CaptureContract, TheFirstDrainIsASnapshotIfItHasAny) {
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_EQ(sink.snapshots > 0, world->has_snapshots());
  EXPECT_EQ(sink.counters > 0, world->has_snapshots());
  EXPECT_EQ(sink.times, 1U);
}

TEST_P(CaptureContract, CanBeDrainedAgainAtOnce) {
  ASSERT_TRUE(backend->drain(sink));
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_EQ(sink.times, 2U);
}

TEST_P(CaptureContract, ItsStatisticsGrowAndFitWhatItDelivered) {
  const CaptureStats before = backend->stats();
  EXPECT_EQ(before.received, 0U);
  EXPECT_EQ(before.snapshots, 0U);
  world->happen();
  ASSERT_TRUE(backend->drain(sink));
  const CaptureStats first = backend->stats();
  EXPECT_EQ(first.snapshots, sink.snapshots);
  EXPECT_LE(first.received, sink.rows + sink.packets + first.rejected);
  EXPECT_FALSE(first.detail.empty());
  world->happen();
  ASSERT_TRUE(backend->drain(sink));
  EXPECT_GE(backend->stats().received, first.received);
  EXPECT_GE(backend->stats().snapshots, first.snapshots);
}

TEST_P(CaptureContract, PartsOfItsStatisticsAddUp) {
  world->happen();
  ASSERT_TRUE(backend->drain(sink));
  const CaptureStats stats = backend->stats();
  std::uint64_t rejected = 0;
  for (const RejectedCount& part : stats.rejected_by) rejected += part.count;
  if (!stats.rejected_by.empty()) {
    EXPECT_EQ(rejected, stats.rejected);
  }
  std::uint64_t received = 0;
  for (const InterfaceStats& part : stats.interfaces) received += part.received;
  if (!stats.interfaces.empty()) {
    EXPECT_EQ(received, stats.received);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, CaptureContract,
                         testing::Values("TheFakeKernel", "ThisKernel",
                                         "TheFakeNetwork", "ARealNetwork"),
                         [](const auto& world) { return world.param; });

}  // namespace
}  // namespace tcpstated
