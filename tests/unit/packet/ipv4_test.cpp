// SPDX-License-Identifier: Apache-2.0
#include "unit/packet/decoding.hpp"

namespace tcpstated {
namespace {

FrameBuilder ipv4() { return ethernet().ipv4("10.0.0.1", "10.0.0.2"); }

TEST(Ipv4, AddressesAndIdentification) {
  const Segment seen = segment(ipv4().ip_id(0xbeef).tcp(1234, 80));
  EXPECT_EQ(seen.from.to_string(), "10.0.0.1:1234");
  EXPECT_EQ(seen.to.to_string(), "10.0.0.2:80");
  EXPECT_EQ(seen.ip_id, 0xbeef);
}

TEST(Ipv4, ThePayloadStartsBehindTheOptions) {
  const Segment seen =
      segment(ipv4().ip_options(10).tcp(1234, 80).seq(77).payload(9));
  EXPECT_EQ(seen.seq.raw, 77U);
  EXPECT_EQ(seen.payload, 9U);
}

TEST(Ipv4, PaddingIsNoPayload) {
  EXPECT_EQ(segment(ipv4().tcp(1234, 80).ack(1).padding(6)).payload, 0U);
  EXPECT_EQ(segment(ipv4().tcp(1234, 80).payload(1).padding(5)).payload, 1U);
}

TEST(Ipv4, PaddingIsNoTcpOption) {
  // The padding would read as a window scale of 7.
  const auto frame = ipv4().tcp(1, 2).offset(6).length(40).raw({3, 3, 7, 0});
  EXPECT_EQ(outcome(frame), "bad_tcp_header");
}

TEST(Ipv4, ThePayloadIsWhatTheHeaderSaysNotWhatWasCaptured) {
  EXPECT_EQ(segment(ipv4().tcp(1234, 80).payload(1400), 96).payload, 1400U);
}

TEST(Ipv4, ATotalLengthOfZeroIsTheRestOfTheFrame) {
  const auto frame = ipv4().length(0).tcp(1234, 80).payload(70000);
  EXPECT_EQ(segment(frame).payload, 70000U);
  EXPECT_EQ(segment(frame, 96).payload, 70000U);
}

TEST(Ipv4, ATotalLengthOfZeroBehindTagsLeavesThemOut) {
  const auto frame = ethernet()
                         .vlan(7)
                         .mpls(16)
                         .ipv4("10.0.0.1", "10.0.0.2")
                         .ip_options(1)
                         .length(0)
                         .tcp(1234, 80)
                         .payload(70000);
  EXPECT_EQ(segment(frame).payload, 70000U);
}

TEST(Ipv4, ATotalLengthBeyondTheFrameIsBad) {
  EXPECT_EQ(outcome(ipv4().length(42).tcp(1234, 80)), "bad_ip_header");
}

TEST(Ipv4, ATotalLengthBeyondACutFrameIsBelieved) {
  EXPECT_EQ(segment(ipv4().length(1500).tcp(1234, 80).payload(9), 60).payload,
            1460U);
}

TEST(Ipv4, ATotalLengthShorterThanTheHeaderIsBad) {
  EXPECT_EQ(outcome(ipv4().length(19).tcp(1234, 80)), "bad_ip_header");
  EXPECT_EQ(outcome(ipv4().ip_options(2).length(27).tcp(1234, 80)),
            "bad_ip_header");
}

TEST(Ipv4, AHeaderLengthBelowFiveWordsIsBad) {
  FrameBuilder frame(101, {0x44, 0, 0, 40, 0, 0, 0, 0, 64, 6});
  EXPECT_EQ(outcome(frame.payload(40)), "bad_ip_header");
}

TEST(Ipv4, OptionsThatWereNotCapturedAreATruncatedFrame) {
  EXPECT_EQ(outcome(ipv4().ip_options(10).tcp(1234, 80), 14 + 40), "truncated");
}

TEST(Ipv4, AFirstFragmentIsASegmentOfUnknownLength) {
  const Segment seen =
      segment(ipv4().fragment(0, true).tcp(1234, 80).syn().payload(12));
  EXPECT_TRUE(seen.flags.syn);
  EXPECT_FALSE(seen.length_known);
  EXPECT_EQ(seen.payload, 12U);
}

TEST(Ipv4, AnOrdinaryPacketHasItsLength) {
  EXPECT_TRUE(segment(ipv4().fragment(0, false).tcp(1234, 80)).length_known);
}

TEST(Ipv4, AFirstFragmentMayCutTheOptions) {
  const Segment seen = segment(ipv4()
                                   .fragment(0, true)
                                   .tcp(1234, 80)
                                   .syn()
                                   .raw({3, 3, 7, 1})
                                   .offset(10));
  EXPECT_EQ(seen.payload, 0U);
  EXPECT_EQ(seen.options.window_scale, 7);
}

TEST(Ipv4, AFirstFragmentThatCutsTheTcpHeaderIsTruncated) {
  EXPECT_EQ(outcome(ipv4().fragment(0, true).protocol(6).payload(16)),
            "truncated");
}

TEST(Ipv4, ALaterFragmentHasNoHeaderInIt) {
  for (const unsigned offset : {8U, 32768U, 65528U})
    for (const bool more : {true, false})
      EXPECT_EQ(outcome(ipv4().fragment(offset, more).protocol(6).payload(99)),
                "later_fragment");
}

TEST(Ipv4, ALaterFragmentOfUdpIsNotTcp) {
  EXPECT_EQ(outcome(ipv4().fragment(1480, false).protocol(17).payload(100)),
            "not_tcp");
}

TEST(Ipv4, OtherProtocolsAreNotTcp) {
  for (const unsigned protocol : {0U, 2U, 17U, 50U, 58U, 132U, 255U})
    EXPECT_EQ(outcome(ipv4().protocol(protocol).payload(40)), "not_tcp")
        << protocol;
}

TEST(Ipv4, EncapsulatedIpIsATunnel) {
  EXPECT_EQ(outcome(ipv4().ipv4("10.9.0.1", "10.9.0.2").tcp(1, 2)), "tunnel");
  EXPECT_EQ(outcome(ipv4().ipv6("2001:db8::1", "::1").tcp(1, 2)), "tunnel");
  EXPECT_EQ(outcome(ipv4().mpls(16).ipv4("10.9.0.1", "10.9.0.2").tcp(1, 2)),
            "tunnel");
  EXPECT_EQ(outcome(ipv4().protocol(47).payload(60)), "tunnel");  // GRE
}

}  // namespace
}  // namespace tcpstated
