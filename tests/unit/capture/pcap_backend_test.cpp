// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_backend.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>

#include "fakes/capture_file.hpp"
#include "fakes/fake_network.hpp"
#include "fakes/recording_sink.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

struct PcapBackendTest : testing::Test {
  FakeNetwork network;
  PcapOptions options;
  std::unique_ptr<PcapBackend> backend;
  RecordingSink sink;

  std::string open() {
    auto opened = PcapBackend::open(network.view(), options);
    if (!opened) return opened.error().message;
    backend = std::move(*opened);
    return "";
  }
  void drain(Duration later = 0ms) {
    network.advance(later);
    const auto drained = backend->drain(sink);
    ASSERT_TRUE(drained) << drained.error().message;
  }
  [[nodiscard]] std::string trouble(const std::string& name) const {
    for (const InterfaceStats& one : backend->stats().interfaces)
      if (one.name == name) return one.trouble;
    return "not watched";
  }
};

TEST_F(PcapBackendTest, TellsTheAddressesBeforeTheFirstSegment) {
  network.add("eth0");
  network.add_address("10.0.0.1");
  ASSERT_EQ(open(), "");
  network.arrive("eth0", numbered(1));
  drain(1s);
  EXPECT_EQ(sink.order, "as");
  EXPECT_TRUE(sink.addresses.at(0)->contains(*IpAddress::parse("10.0.0.1")));
}

TEST_F(PcapBackendTest, TellsTheAddressesAgainWhenTheyChangeAndOnlyThen) {
  network.add("eth0");
  ASSERT_EQ(open(), "");
  drain(1s);
  network.set_up("eth0", true);  // a change, but not of addresses
  drain(1s);
  drain(1s);
  EXPECT_EQ(sink.addresses.size(), 1U);
  network.add_address("10.0.0.7");
  drain(1s);
  drain(1s);
  ASSERT_EQ(sink.addresses.size(), 2U);
  EXPECT_TRUE(sink.addresses[1]->contains(*IpAddress::parse("10.0.0.7")));
}

TEST_F(PcapBackendTest, GivenAddressesReplaceThoseOfTheHost) {
  network.add("eth0");
  network.add_address("10.0.0.1");
  options.local_addresses = {*IpPrefix::parse("192.0.2.0/24")};
  ASSERT_EQ(open(), "");
  drain();
  network.add_address("10.0.0.7");
  drain(1s);
  ASSERT_EQ(sink.addresses.size(), 1U);
  EXPECT_EQ(sink.addresses[0]->prefixes(), options.local_addresses);
}

TEST_F(PcapBackendTest, TimesAreOnTheClockThatNobodySets) {
  network.add("eth0");
  ASSERT_EQ(open(), "");
  network.arrive("eth0", numbered(1));
  const Instant captured = network.boot();
  drain(5ms);
  ASSERT_EQ(sink.segments.size(), 1U) << "one interface: nothing to wait for";
  EXPECT_EQ(sink.segments[0].at, captured);
}

TEST_F(PcapBackendTest, AStepOfTheWallClockMovesNoPacketIntoTheFuture) {
  network.add("eth0");
  ASSERT_EQ(open(), "");
  network.arrive("eth0", numbered(1));
  network.step_wall_clock(-1h);
  drain(5ms);
  ASSERT_EQ(sink.segments.size(), 1U);
  EXPECT_EQ(sink.segments[0].at, network.boot());
}

TEST_F(PcapBackendTest, PacketsOfSeveralInterfacesComeInTheOrderOfTime) {
  network.add("eth0");
  network.add("eth1");
  ASSERT_EQ(open(), "");
  for (std::uint16_t i = 0; i < 10; ++i) {
    network.arrive(i % 2 == 0 ? "eth1" : "eth0", numbered(i));
    network.advance(1ms);
  }
  drain(20ms);
  EXPECT_EQ(sink.ports(), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(backend->stats().out_of_order, 0U);
}

/// A bridge shows each packet on two interfaces, a microsecond apart, but one
/// of the buffers is handed over up to 12 ms later.
TEST_F(PcapBackendTest, APacketWaitsForAnOlderOneOfAnotherInterface) {
  network.add("eth0");
  network.add("eth1");
  ASSERT_EQ(open(), "");
  const FakeNetwork::Packet late{
      Instant(network.view()->now().wall.time_since_epoch()),
      numbered(1).bytes()};
  network.advance(1us);
  network.arrive("eth1", numbered(2));
  drain(10ms);
  EXPECT_TRUE(sink.segments.empty());
  network.link("eth0").buffer.push_back(late);
  drain(1ms);
  drain(2ms);
  ASSERT_EQ(sink.ports(), (std::vector<int>{1, 2}));
  EXPECT_EQ(sink.segments[1].at - sink.segments[0].at, 1us);
}

TEST_F(PcapBackendTest, TheDescriptorIsReadableWhenHeldPacketsAreDue) {
  network.add("eth0");
  network.add("eth1");
  ASSERT_EQ(open(), "");
  network.arrive("eth1", numbered(2));
  drain(11ms + 999us);
  EXPECT_TRUE(sink.segments.empty());
  // The fake's clock stands still, the timer's microsecond passes.
  epoll_event event{};
  EXPECT_EQ(::epoll_wait(backend->descriptor(), &event, 1, 1000), 1);
  drain(1us);
  EXPECT_EQ(sink.segments.size(), 1U);
  EXPECT_EQ(::epoll_wait(backend->descriptor(), &event, 1, 0), 0);
}

TEST_F(PcapBackendTest, OneCallIsBoundedAndNothingIsLostOrOutOfOrder) {
  network.add("eth0");
  network.add("eth1");
  ASSERT_EQ(open(), "");
  for (int i = 0; i < 30'000; ++i) {
    network.arrive(i % 10 == 0 ? "eth1" : "eth0",
                   numbered(static_cast<std::uint16_t>(i)));
    network.advance(1us);
  }
  std::size_t before = 0;
  for (int calls = 0; sink.segments.size() < 30'000 && calls < 100; ++calls) {
    drain(1ms);
    EXPECT_LE(sink.segments.size() - before, 2U * 4096U);
    before = sink.segments.size();
  }
  EXPECT_EQ(sink.segments.size(), 30'000U);
  EXPECT_EQ(backend->stats().out_of_order, 0U);
  EXPECT_EQ(backend->stats().received, 30'000U);
}

TEST_F(PcapBackendTest, TimePassesWithoutPackets) {
  network.add("eth0");
  ASSERT_EQ(open(), "");
  drain(1s);
  const Instant before = sink.now;
  drain(1s);
  EXPECT_EQ(sink.now - before, 1s);
}

TEST_F(PcapBackendTest, LossesAreToldOnceAndShownPerInterface) {
  network.add("eth0");
  network.add("eth1");
  ASSERT_EQ(open(), "");
  drain(1s);
  network.link("eth1").lost = 7;
  drain(1s);
  drain(1s);
  EXPECT_EQ(sink.lost, 7U);
  network.link("eth1").lost = 10;
  drain(1s);
  EXPECT_EQ(sink.lost, 10U);
  const CaptureStats stats = backend->stats();
  EXPECT_EQ(stats.lost, 10U);
  EXPECT_EQ(stats.interfaces.at(0).lost, 0U);
  EXPECT_EQ(stats.interfaces.at(1).lost, 10U);
}

TEST_F(PcapBackendTest, LossesOfAnInterfaceThatIsGoneStayCounted) {
  network.add("eth0");
  network.add("eth1");
  ASSERT_EQ(open(), "");
  network.link("eth1").lost = 7;
  drain(1s);
  network.remove("eth1");
  drain(1s);
  drain(1s);
  EXPECT_EQ(backend->stats().interfaces.size(), 1U);
  EXPECT_EQ(backend->stats().lost, 7U);
}

TEST_F(PcapBackendTest, WithoutNamesItCapturesWhatIsUpAndCarriesIp) {
  network.add("eth0");
  network.add("down", false);
  network.add("can0").interface.carries_ip = false;
  ASSERT_EQ(open(), "");
  EXPECT_EQ(trouble("eth0"), "");
  EXPECT_EQ(trouble("down"), "not watched");
  EXPECT_EQ(trouble("can0"), "not watched");
  network.set_up("down", true);
  drain(1s);
  EXPECT_EQ(trouble("down"), "");
}

TEST_F(PcapBackendTest, NewInterfacesArePickedUp) {
  network.add("eth0");
  ASSERT_EQ(open(), "");
  drain();
  network.add("eth1");
  drain(1ms);
  network.arrive("eth1", numbered(9));
  drain(20ms);
  EXPECT_EQ(sink.ports(), std::vector<int>{9});
}

TEST_F(PcapBackendTest, ANamedInterfaceThatIsMadeAnewIsCapturedAtOnce) {
  network.add("eth0");
  options.interfaces = {"eth0"};
  ASSERT_EQ(open(), "");
  network.remove("eth0");
  drain(1s);
  EXPECT_EQ(trouble("eth0"), "there is no such interface");
  network.add("eth0");
  drain(1ms);
  EXPECT_EQ(trouble("eth0"), "");
  network.arrive("eth0", numbered(3));
  drain(1ms);
  EXPECT_EQ(sink.ports(), std::vector<int>{3});
}

TEST_F(PcapBackendTest, OneThatWasReplacedBetweenTwoLooksIsCapturedAnew) {
  network.add("eth0");
  ASSERT_EQ(open(), "");
  network.add("eth0");  // the same name, another index
  drain(1ms);
  EXPECT_EQ(trouble("eth0"), "");
  EXPECT_EQ(network.link("eth0").opened, 1);
}

TEST_F(PcapBackendTest, ANamedInterfaceMayBeMissingAtFirst) {
  options.interfaces = {"later"};
  ASSERT_EQ(open(), "");
  drain();
  EXPECT_EQ(backend->stats().detail,
            "captures nowhere; not on later (there is no such interface)");
  network.add("later", false);
  drain();
  EXPECT_EQ(trouble("later"), "the interface is down");
  network.set_up("later", true);
  drain();
  EXPECT_EQ(backend->stats().detail, "captures on later");
}

TEST_F(PcapBackendTest, OthersThanTheNamedOnesAreLeftAlone) {
  network.add("eth0");
  network.add("eth1");
  options.interfaces = {"eth1"};
  ASSERT_EQ(open(), "");
  EXPECT_EQ(network.link("eth0").opened, 0);
}

TEST_F(PcapBackendTest, WhatIsRefusedIsTriedAgainAfterLongerAndLongerPauses) {
  network.add("eth0");
  FakeNetwork::Link& odd = network.add("odd");
  odd.refuses = "no room for a buffer";
  ASSERT_EQ(open(), "");
  EXPECT_EQ(trouble("odd"), "no room for a buffer");
  for (int second = 0; second < 120; ++second) drain(1s);
  EXPECT_GE(odd.opened, 7);  // after 1, 2, 4, 8, 16, 30, 30 s
  EXPECT_LE(odd.opened, 9);
  odd.refuses = "";
  for (int second = 0; second < 31; ++second) drain(1s);
  EXPECT_EQ(trouble("odd"), "");
}

TEST_F(PcapBackendTest, IfNothingCanBeCapturedItDoesNotStart) {
  network.add("eth0").refuses = "it takes the capability CAP_NET_RAW";
  EXPECT_EQ(open(), "it takes the capability CAP_NET_RAW");
}

TEST_F(PcapBackendTest, InterfacesBeyondTheLimitAreCounted) {
  for (const char* name : {"a", "b", "c", "d"}) network.add(name);
  options.max_interfaces = 2;
  ASSERT_EQ(open(), "");
  drain();
  EXPECT_EQ(backend->stats().detail,
            "captures on a, b; 2 more are beyond the limit of 2");
  network.remove("a");
  drain(1s);
  drain(1s);
  EXPECT_EQ(backend->stats().detail,
            "captures on b, c; 1 more are beyond the limit of 2");
}

TEST_F(PcapBackendTest, RejectedFramesAddUpByReason) {
  network.add("eth0");
  ASSERT_EQ(open(), "");
  network.arrive("eth0", ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(17));
  network.arrive("eth0", ethernet());
  network.arrive("eth0", numbered(1));
  drain(1ms);
  const CaptureStats stats = backend->stats();
  EXPECT_EQ(stats.received, 3U);
  EXPECT_EQ(stats.rejected, 1U) << "UDP is no damage";
  std::uint64_t sum = 0;
  for (const RejectedCount& part : stats.rejected_by) sum += part.count;
  EXPECT_EQ(sum, 2U);
  EXPECT_EQ(stats.rejected_by.size(), kDropReasonLabels.size());
}

}  // namespace
}  // namespace tcpstated
