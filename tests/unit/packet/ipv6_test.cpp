// SPDX-License-Identifier: Apache-2.0
#include "unit/packet/decoding.hpp"

namespace tcpstated {
namespace {

FrameBuilder ipv6() { return ethernet().ipv6("2001:db8::1", "2001:db8::2"); }

/// An extension header of eight bytes that says nothing.
FrameBuilder& empty(FrameBuilder& frame, unsigned type) {
  return frame.extension(type, {0, 1, 4, 0, 0, 0, 0});
}

TEST(Ipv6, AddressesAndNoIdentification) {
  const Segment seen = segment(ipv6().tcp(1234, 80).payload(3));
  EXPECT_EQ(seen.from.to_string(), "[2001:db8::1]:1234");
  EXPECT_EQ(seen.to.to_string(), "[2001:db8::2]:80");
  EXPECT_EQ(seen.ip_id, 0);
  EXPECT_EQ(seen.payload, 3U);
}

TEST(Ipv6, PaddingIsNoPayload) {
  EXPECT_EQ(segment(ipv6().tcp(1234, 80).ack(1).padding(6)).payload, 0U);
}

TEST(Ipv6, EveryExtensionHeaderMeasuredInEights) {
  for (const unsigned type : {0U, 43U, 60U, 135U, 139U, 140U}) {
    FrameBuilder frame = ipv6();
    EXPECT_EQ(segment(empty(frame, type).tcp(1234, 80).payload(3)).payload, 3U)
        << type;
    FrameBuilder longer = ipv6();
    longer.extension(type, {1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    EXPECT_EQ(segment(longer.tcp(1234, 80).payload(3)).payload, 3U) << type;
  }
}

TEST(Ipv6, AnAuthenticationHeaderIsMeasuredInFours) {
  FrameLayers::Bytes header(23);  // of 24 bytes: six words, two not counted
  header[0] = 4;
  EXPECT_EQ(
      segment(ipv6().extension(51, header).tcp(1234, 80).payload(3)).payload,
      3U);
}

TEST(Ipv6, EightExtensionHeadersButNotNine) {
  FrameBuilder frame = ipv6();
  for (int i = 0; i < 8; ++i) empty(frame, 60);
  EXPECT_EQ(outcome(FrameBuilder(frame).tcp(1234, 80)), "segment");
  EXPECT_EQ(outcome(empty(frame, 60).tcp(1234, 80)), "too_deep");
}

TEST(Ipv6, AnExtensionHeaderBeyondThePacketIsTruncated) {
  FrameBuilder frame = ipv6();
  frame.extension(60, {9, 1, 4, 0, 0, 0, 0});
  EXPECT_EQ(outcome(frame.tcp(1234, 80)), "truncated");
}

TEST(Ipv6, APayloadLengthBeyondTheFrameIsBad) {
  EXPECT_EQ(outcome(ipv6().length(21).tcp(1234, 80)), "bad_ip_header");
}

TEST(Ipv6, APayloadLengthBeyondACutFrameIsBelieved) {
  EXPECT_EQ(segment(ipv6().length(1440).tcp(1234, 80).payload(9), 80).payload,
            1420U);
}

TEST(Ipv6, AJumboPayloadOptionIsTheLength) {
  auto frame = ipv6().length(0).jumbo(8 + 20 + 70000).tcp(1234, 80);
  EXPECT_EQ(segment(frame.payload(70000).padding(4)).payload, 70000U);
  EXPECT_EQ(segment(frame, 96).payload, 70000U);
}

TEST(Ipv6, AJumboPayloadOptionBehindOtherOptions) {
  auto frame = ipv6().length(0).extension(
      0, {1, 0, 5, 2, 0, 0, 0xc2, 4, 0, 1, 0x11, 0x94, 1, 1, 0});
  frame.tcp(1234, 80).payload(70000).padding(4);
  EXPECT_EQ(segment(frame).payload, 70000U);
}

TEST(Ipv6, AJumboPayloadLengthThatIsNotJumboIsBad) {
  EXPECT_EQ(outcome(ipv6().length(0).jumbo(65535).tcp(1, 2).payload(65507)),
            "bad_ip_header");
}

TEST(Ipv6, AJumboPayloadLengthBeyondTheFrameIsBad) {
  EXPECT_EQ(outcome(ipv6().length(0).jumbo(70000).tcp(1, 2)), "bad_ip_header");
}

TEST(Ipv6, APayloadLengthOfZeroIsTheRestOfTheFrame) {
  EXPECT_EQ(segment(ipv6().length(0).tcp(1234, 80).payload(70000)).payload,
            70000U);
  FrameBuilder frame = ipv6().length(0);
  EXPECT_EQ(segment(empty(frame, 0).tcp(1234, 80).payload(70000)).payload,
            70000U);
}

TEST(Ipv6, AFirstFragmentIsASegmentOfUnknownLength) {
  const Segment seen = segment(ipv6().fragment6(0, true).tcp(1, 2).payload(4));
  EXPECT_FALSE(seen.length_known);
  EXPECT_EQ(seen.payload, 4U);
}

TEST(Ipv6, AnAtomicFragmentIsAnOrdinaryPacket) {
  const Segment seen = segment(ipv6().fragment6(0, false).tcp(1, 2).payload(4));
  EXPECT_TRUE(seen.length_known);
  EXPECT_EQ(seen.payload, 4U);
}

TEST(Ipv6, ALaterFragmentHasNoHeaderInIt) {
  for (const bool more : {true, false})
    EXPECT_EQ(outcome(ipv6().fragment6(8, more).protocol(6).payload(64)),
              "later_fragment");
}

TEST(Ipv6, ALaterFragmentOfUdpIsNotTcp) {
  EXPECT_EQ(outcome(ipv6().fragment6(8, false).protocol(17).payload(64)),
            "not_tcp");
}

TEST(Ipv6, ALaterFragmentOfHiddenProtocolMayBeTcp) {
  EXPECT_EQ(outcome(ipv6().fragment6(8, false).protocol(60).payload(64)),
            "later_fragment");
}

TEST(Ipv6, OtherProtocolsAreNotTcp) {
  for (const unsigned protocol : {1U, 17U, 50U, 59U, 132U})
    EXPECT_EQ(outcome(ipv6().protocol(protocol).payload(40)), "not_tcp")
        << protocol;
}

TEST(Ipv6, EncapsulatedIpIsATunnel) {
  EXPECT_EQ(outcome(ipv6().ipv4("10.9.0.1", "10.9.0.2").tcp(1, 2)), "tunnel");
  EXPECT_EQ(outcome(ipv6().ipv6("2001:db8::1", "::1").tcp(1, 2)), "tunnel");
  EXPECT_EQ(outcome(ipv6().protocol(47).payload(60)), "tunnel");
}

}  // namespace
}  // namespace tcpstated
