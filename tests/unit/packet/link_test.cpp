// SPDX-License-Identifier: Apache-2.0
#include "unit/packet/decoding.hpp"

namespace tcpstated {
namespace {

using Naming = FrameLayers::Naming;

/// An IPv4 segment behind whatever stands below it.
FrameBuilder with_ipv4(FrameBuilder below) {
  return below.ipv4("10.0.0.1", "10.0.0.2").tcp(1234, 80).syn().payload(5);
}
FrameBuilder with_ipv6(FrameBuilder below) {
  return below.ipv6("2001:db8::1", "2001:db8::2")
      .tcp(1234, 80)
      .syn()
      .payload(5);
}

void expect_both_versions(const FrameBuilder& below) {
  for (const Segment& seen :
       {segment(with_ipv4(below)), segment(with_ipv6(below))}) {
    EXPECT_EQ(seen.from.port, 1234);
    EXPECT_EQ(seen.to.port, 80);
    EXPECT_TRUE(seen.flags.syn);
    EXPECT_EQ(seen.payload, 5U);
  }
  EXPECT_EQ(segment(with_ipv4(below)).from.to_string(), "10.0.0.1:1234");
  EXPECT_EQ(segment(with_ipv6(below)).to.to_string(), "[2001:db8::2]:80");
}

FrameBuilder cooked() {
  return {113,
          {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x88, 0xb5},
          Naming::EtherType,
          14};
}
FrameBuilder cooked2() {
  return {276,
          {0x88, 0xb5, 0, 0, 0, 0, 0, 9, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0},
          Naming::EtherType,
          0};
}

TEST(Link, Ethernet) { expect_both_versions(ethernet()); }

TEST(Link, LinuxCooked) { expect_both_versions(cooked()); }

TEST(Link, LinuxCooked2) { expect_both_versions(cooked2()); }

TEST(Link, ACookedFrameMayCarryAVlanTag) {
  expect_both_versions(cooked().vlan(7));
}

TEST(Link, RawIpUnderEachOfItsNumbers) {
  for (const int link_type : {12, 14, 101})
    expect_both_versions({link_type, {}});
}

TEST(Link, RawIpv4AndRawIpv6) {
  EXPECT_EQ(outcome(with_ipv4({228, {}})), "segment");
  EXPECT_EQ(outcome(with_ipv6({229, {}})), "segment");
}

TEST(Link, RawIpOfTheOtherVersionContradictsItsLinkType) {
  EXPECT_EQ(outcome(with_ipv6({228, {}})), "bad_ip_header");
  EXPECT_EQ(outcome(with_ipv4({229, {}})), "bad_ip_header");
}

TEST(Link, RawBytesOfNoVersionAreNotIp) {
  EXPECT_EQ(outcome(FrameBuilder(101, {0x50}).payload(60)), "not_ip");
}

TEST(Link, ALoopbackFamilyInEitherByteOrder) {
  for (const int link_type : {0, 108}) {
    EXPECT_EQ(outcome(with_ipv4({link_type, {2, 0, 0, 0}})), "segment");
    EXPECT_EQ(outcome(with_ipv4({link_type, {0, 0, 0, 2}})), "segment");
  }
}

TEST(Link, TheIpv6FamilyOfEverySystem) {
  for (const FrameLayers::Bytes& family : {FrameLayers::Bytes{10, 0, 0, 0},
                                           {24, 0, 0, 0},
                                           {28, 0, 0, 0},
                                           {30, 0, 0, 0}})
    EXPECT_EQ(outcome(with_ipv6({0, family})), "segment") << int{family[0]};
}

TEST(Link, AnotherLoopbackFamilyIsNotIp) {
  EXPECT_EQ(outcome(with_ipv4({0, {7, 0, 0, 0}})), "not_ip");
}

TEST(Link, PppWithAddressAndControl) {
  expect_both_versions({9, {0xff, 3, 0xc0, 0x21}, Naming::Ppp, 2});
}

TEST(Link, PppWithoutAddressAndControl) {
  expect_both_versions({9, {0xc0, 0x21}, Naming::Ppp, 0});
}

TEST(Link, PppWithACompressedProtocol) {
  EXPECT_EQ(outcome(with_ipv4({9, {0xff, 3, 0x21}})), "segment");
  EXPECT_EQ(outcome(with_ipv6({9, {0x57}})), "segment");
}

TEST(Link, PppWithMpls) {
  expect_both_versions(FrameBuilder(9, {0xc0, 0x21}, Naming::Ppp, 0).mpls(16));
}

TEST(Link, PppWithAnotherControlFieldIsNotIp) {
  EXPECT_EQ(outcome(with_ipv4({9, {0xff, 4, 0x21}})), "not_ip");
}

TEST(Link, PppControlIsNotIp) {
  EXPECT_EQ(outcome(FrameBuilder(9, {0xff, 3, 0xc0, 0x21}).payload(8)),
            "not_ip");
}

TEST(Link, EveryKindOfVlanTag) {
  for (const unsigned type : {0x8100U, 0x88a8U, 0x9100U})
    expect_both_versions(ethernet().vlan(7, type));
}

TEST(Link, EightVlanTagsButNotNine) {
  FrameBuilder tagged = ethernet();
  for (int i = 0; i < 8; ++i) tagged.vlan(7);
  EXPECT_EQ(outcome(with_ipv4(tagged)), "segment");
  EXPECT_EQ(outcome(with_ipv4(tagged.vlan(7))), "too_deep");
}

TEST(Link, ALabelStackUpToItsBottom) {
  expect_both_versions(ethernet().mpls(16, false).mpls(17, false).mpls(18));
}

TEST(Link, MulticastMpls) {
  FrameBuilder frame(1, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x88, 0x48});
  expect_both_versions(frame.mpls(16));
}

TEST(Link, EightLabelsButNotNine) {
  FrameBuilder labelled = ethernet();
  for (int i = 0; i < 7; ++i) labelled.mpls(16, false);
  EXPECT_EQ(outcome(with_ipv4(FrameBuilder(labelled).mpls(17))), "segment");
  EXPECT_EQ(outcome(with_ipv4(labelled.mpls(16, false).mpls(17))), "too_deep");
}

TEST(Link, TagsAndLabelsCountTogether) {
  FrameBuilder frame = ethernet();
  for (int i = 0; i < 4; ++i) frame.vlan(7);
  for (int i = 0; i < 3; ++i) frame.mpls(16, false);
  EXPECT_EQ(outcome(with_ipv4(FrameBuilder(frame).mpls(17))), "segment");
  EXPECT_EQ(outcome(with_ipv4(frame.mpls(16, false).mpls(17))), "too_deep");
}

TEST(Link, AnEthernetPseudoWireIsNotIp) {
  EXPECT_EQ(outcome(ethernet().mpls(16).raw({0, 0, 0, 0}).payload(60)),
            "not_ip");
}

TEST(Link, PppoeSession) {
  expect_both_versions(ethernet().pppoe());
  expect_both_versions(ethernet().vlan(7, 0x88a8).vlan(8).pppoe());
}

TEST(Link, AnIpPacketLongerThanItsPppoeFrameIsBad) {
  const auto ack = ethernet().pppoe().length(42).ipv4("1.1.1.1", "2.2.2.2");
  EXPECT_EQ(outcome(FrameBuilder(ack).tcp(1234, 80)), "segment");
  EXPECT_EQ(outcome(FrameBuilder(ack).tcp(1234, 80).payload(6)),
            "bad_ip_header");
}

TEST(Link, APppoeFrameLongerThanItsEthernetFrameIsBad) {
  auto frame = ethernet().pppoe().length(43).ipv4("1.1.1.1", "2.2.2.2");
  EXPECT_EQ(outcome(frame.tcp(1234, 80)), "bad_ip_header");
}

TEST(Link, PppoeOtherThanSessionDataIsNotIp) {
  EXPECT_EQ(outcome(ethernet().pppoe().payload(40)), "not_ip");  // LCP
  FrameBuilder discovery(1, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x88, 0x63});
  EXPECT_EQ(outcome(discovery.payload(40)), "not_ip");
  FrameBuilder terminate(1, {1, 1,    1,    1,    1,    1, 2, 2, 2, 2, 2,
                             2, 0x88, 0x64, 0x11, 0xa7, 0, 9, 0, 0, 0, 0x21});
  EXPECT_EQ(outcome(with_ipv4(terminate)), "not_ip");
}

TEST(Link, ArpIsNotIp) {
  FrameBuilder arp(1, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0x06});
  EXPECT_EQ(outcome(arp.payload(28)), "not_ip");
}

TEST(Link, AnEtherTypeThatContradictsTheVersionIsABadHeader) {
  FrameBuilder frame(1, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0x00});
  EXPECT_EQ(outcome(with_ipv6(frame)), "bad_ip_header");
  FrameBuilder other(1, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x86, 0xdd});
  EXPECT_EQ(outcome(with_ipv4(other).payload(40)), "bad_ip_header");
}

TEST(Link, AnotherLinkTypeIsUnknown) {
  for (const int link_type : {-1, 2, 105, 127, 100000})
    EXPECT_EQ(outcome(with_ipv4({link_type, {}})), "unknown_link_type");
}

TEST(Link, AnEmptyFrameIsTruncated) {
  for (const int link_type : {0, 1, 9, 12, 14, 101, 108, 113, 228, 229, 276})
    EXPECT_EQ(outcome(FrameBuilder(link_type, {})), "truncated") << link_type;
}

}  // namespace
}  // namespace tcpstated
