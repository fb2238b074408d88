// SPDX-License-Identifier: Apache-2.0
// The packet backend on real interfaces, in a network namespace of its own:
// what only libpcap, rtnetlink and the kernel's filter can show.
#include <gtest/gtest.h>
#include <poll.h>

#include <numeric>
#include <optional>

#include "capture/pcap_backend.hpp"
#include "fakes/capture_file.hpp"
#include "fakes/own_network.hpp"
#include "fakes/recording_sink.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

struct PcapReal : testing::Test {
  void SetUp() override {
    if (!OwnNetwork::possible()) GTEST_SKIP() << "needs root";
    net.emplace();
  }
  void open(PcapOptions options = {}) {
    auto network = open_host_network();
    ASSERT_TRUE(network) << network.error().message;
    auto opened = PcapBackend::open(std::move(*network), std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    backend = std::move(*opened);
  }
  /// Drains as the descriptor asks for it, until `done` or 5 s.
  bool drain_until(auto done) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (std::chrono::steady_clock::now() < end) {
      const auto drained = backend->drain(sink);
      EXPECT_TRUE(drained) << drained.error().message;
      if (done()) return true;
      pollfd wait{.fd = backend->descriptor(), .events = POLLIN, .revents = 0};
      ::poll(&wait, 1, static_cast<int>(backend->period() / 1ms));
    }
    return false;
  }
  bool drain_until_received(std::uint64_t frames) {
    return drain_until([&] { return backend->stats().received >= frames; });
  }
  [[nodiscard]] bool captures(const std::string& name) const {
    for (const InterfaceStats& one : backend->stats().interfaces)
      if (one.name == name) return one.trouble.empty();
    return false;
  }

  std::optional<OwnNetwork> net;
  std::unique_ptr<PcapBackend> backend;
  RecordingSink sink;
};

TEST_F(PcapReal, EveryEncapsulationThatIsReadPassesTheKernelsFilter) {
  net->cable("here", "there");
  open({.interfaces = {"here"}});
  const auto v4 = [](FrameBuilder frame) {
    return frame.ipv4("10.0.0.1", "10.0.0.2");
  };
  const auto v6 = [](FrameBuilder frame) {
    return frame.ipv6("2001:db8::1", "2001:db8::2");
  };
  const FrameLayers::Bytes option{0, 1, 4, 0, 0, 0, 0};  // PadN
  const std::vector<FrameBuilder> frames{
      v4(ethernet()).tcp(1, 80),
      v6(ethernet()).tcp(2, 80),
      v4(ethernet().vlan(7)).tcp(3, 80),
      v6(ethernet().vlan(7)).tcp(4, 80),
      v4(ethernet().vlan(7, 0x88a8).vlan(8)).tcp(5, 80),
      v6(ethernet().vlan(7, 0x88a8).vlan(8)).tcp(6, 80),
      v4(ethernet().vlan(7).vlan(8).vlan(9)).tcp(7, 80),
      v4(ethernet().mpls(5)).tcp(8, 80),
      v4(ethernet().vlan(7).mpls(5, false).mpls(6)).tcp(9, 80),
      v4(ethernet().pppoe()).tcp(10, 80),
      v6(ethernet().vlan(7).pppoe()).tcp(11, 80),
      v6(ethernet()).extension(0, option).tcp(12, 80),
      v6(ethernet()).extension(60, option).extension(43, option).tcp(13, 80),
      v6(ethernet().vlan(7)).fragment6(0, true).tcp(14, 80),
      v4(ethernet()).fragment(0, true).tcp(15, 80),
  };
  for (const FrameBuilder& frame : frames) net->send("there", frame);
  ASSERT_TRUE(drain_until_received(frames.size()));
  std::vector<int> all(frames.size());
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(sink.ports(), all);
}

TEST_F(PcapReal, IcmpErrorsPassTheKernelsFilter) {
  net->cable("here", "there");
  open({.interfaces = {"here"}});
  net->send("there", ethernet()
                         .ipv4("10.0.0.9", "10.0.0.1")
                         .icmp(1, 3, 3)
                         .ipv4("10.0.0.1", "10.0.0.2")
                         .tcp(1, 80)
                         .syn());
  net->send("there", ethernet()
                         .ipv6("2001:db8::9", "2001:db8::1")
                         .icmp(58, 1, 4)
                         .ipv6("2001:db8::1", "2001:db8::2")
                         .tcp(1, 80)
                         .syn());
  ASSERT_TRUE(drain_until_received(2));
  EXPECT_EQ(sink.order, "aee");
}

TEST_F(PcapReal, OtherProtocolsStayInTheKernel) {
  net->cable("here", "there");
  open({.interfaces = {"here"}});
  net->send("there",
            ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(17).payload(9));
  net->send("there", ethernet()
                         .vlan(7)
                         .ipv6("2001:db8::1", "2001:db8::2")
                         .protocol(17)
                         .payload(9));
  net->send("there", ethernet()
                         .vlan(7)
                         .vlan(8)
                         .ipv4("10.0.0.1", "10.0.0.2")
                         .protocol(17)
                         .payload(9));
  net->send("there", numbered(1));
  ASSERT_TRUE(drain_until_received(1));
  EXPECT_EQ(backend->stats().received, 1U);
}

TEST_F(PcapReal, AnInterfaceThatIsDeletedAndMadeAgainIsCapturedAgain) {
  net->cable("here", "there");
  open({.interfaces = {"here"}});
  net->send("there", numbered(1));
  ASSERT_TRUE(drain_until_received(1));
  net->ip("link del here");
  ASSERT_TRUE(drain_until([&] { return !captures("here"); }));
  net->cable("here", "there");
  ASSERT_TRUE(drain_until([&] { return captures("here"); }));
  net->send("there", numbered(2));
  ASSERT_TRUE(drain_until_received(2));
  EXPECT_EQ(sink.ports(), (std::vector<int>{1, 2}));
}

TEST_F(PcapReal, AnInterfaceThatWasDownIsCapturedOn) {
  net->cable("here", "there");
  open({.interfaces = {"here"}});
  net->send("there", numbered(1));
  ASSERT_TRUE(drain_until_received(1));
  net->ip("link set here down");
  ASSERT_TRUE(backend->drain(sink));
  net->ip("link set here up");
  ASSERT_TRUE(drain_until([&] { return captures("here"); }));
  net->send("there", numbered(2));
  ASSERT_TRUE(drain_until_received(2));
}

TEST_F(PcapReal, NewInterfacesAndAddressesAreFollowed) {
  open();
  ASSERT_TRUE(backend->drain(sink));
  net->cable("here", "there");
  net->ip("addr add 192.0.2.7/24 dev here");
  ASSERT_TRUE(drain_until([&] { return captures("here"); }));
  const auto told = [&] {
    return sink.addresses.back()->contains(*IpAddress::parse("192.0.2.7"));
  };
  EXPECT_TRUE(drain_until(told));
  EXPECT_FALSE(sink.addresses.back()->contains(*IpAddress::parse("192.0.2.8")));
  EXPECT_TRUE(sink.addresses.back()->contains(*IpAddress::parse("127.1.2.3")));
}

TEST_F(PcapReal, LoopbackShowsEachPacketOnce) {
  open({.interfaces = {"lo"}});
  net->send("lo", numbered(1));
  ASSERT_TRUE(drain_until_received(1));
  net->send("lo", numbered(2));
  ASSERT_TRUE(drain_until_received(2));
  EXPECT_EQ(sink.ports(), (std::vector<int>{1, 2}));
}

TEST_F(PcapReal, APacketIsSeenWithinTwentyMilliseconds) {
  net->cable("here", "there");
  open({.interfaces = {"here"}});
  ASSERT_TRUE(backend->drain(sink));
  Duration quickest = 1s;  // the best of a few: this machine may be busy
  for (std::uint16_t port = 1; port <= 5; ++port) {
    const auto before = std::chrono::steady_clock::now();
    net->send("there", numbered(port));
    ASSERT_TRUE(drain_until_received(port));
    quickest =
        std::min<Duration>(quickest, std::chrono::steady_clock::now() - before);
  }
  EXPECT_LT(quickest, 20ms);
}

TEST_F(PcapReal, WhatDoesNotFitIntoTheBufferIsCounted) {
  net->cable("here", "there");
  open({.interfaces = {"here"}, .buffer_size = std::size_t{1} << 20U});
  constexpr std::uint64_t kSent = 20'000;  // 112 bytes and more in the buffer
  for (std::uint64_t i = 0; i < kSent; ++i) net->send("there", numbered(1));
  ASSERT_TRUE(drain_until([&] {
    const CaptureStats stats = backend->stats();
    return stats.lost > 0 && stats.received + stats.lost == kSent;
  }));
  EXPECT_EQ(sink.lost, backend->stats().lost);
  EXPECT_EQ(sink.segments.size() + sink.lost, kSent);
}

TEST_F(PcapReal, SaysWhatItCannotCapture) {
  open({.interfaces = {"nowhere"}});
  EXPECT_EQ(backend->stats().detail,
            "captures nowhere; not on nowhere (there is no such interface)");
}

}  // namespace
}  // namespace tcpstated
