// SPDX-License-Identifier: Apache-2.0
#include "unit/packet/decoding.hpp"

namespace tcpstated {
namespace {

FrameBuilder tcp() {
  return ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1234, 80);
}

SegmentOptions options(const FrameLayers::Bytes& list) {
  return segment(tcp().syn().options(list).payload(3)).options;
}

TEST(TcpHeader, EveryField) {
  const Segment seen = segment(
      tcp().seq(0x89abcdef).ack(0xfedcba98).window(0xabcd).payload(100));
  EXPECT_EQ(seen.from.port, 1234);
  EXPECT_EQ(seen.to.port, 80);
  EXPECT_EQ(seen.seq.raw, 0x89abcdefU);
  EXPECT_EQ(seen.ack.raw, 0xfedcba98U);
  EXPECT_EQ(seen.window, 0xabcd);
  EXPECT_EQ(seen.payload, 100U);
  EXPECT_EQ(seen.at, kAt);
  EXPECT_TRUE(seen.length_known);
}

TEST(TcpHeader, EachFlagForItself) {
  EXPECT_EQ(segment(tcp()).flags, TcpFlags{});
  EXPECT_EQ(segment(tcp().syn()).flags, TcpFlags{.syn = true});
  EXPECT_EQ(segment(tcp().ack(1)).flags, TcpFlags{.ack = true});
  EXPECT_EQ(segment(tcp().fin()).flags, TcpFlags{.fin = true});
  EXPECT_EQ(segment(tcp().rst()).flags, TcpFlags{.rst = true});
}

TEST(TcpHeader, TheOtherFlagsSayNothing) {
  EXPECT_EQ(segment(tcp().flag(0xe8)).flags, TcpFlags{});  // CWR ECE URG PSH
}

TEST(TcpHeader, ADataOffsetBelowFiveIsBad) {
  EXPECT_EQ(outcome(tcp().offset(4).payload(20)), "bad_tcp_header");
}

TEST(TcpHeader, ADataOffsetBeyondThePacketIsBad) {
  EXPECT_EQ(outcome(tcp().offset(6).payload(3)), "bad_tcp_header");
  EXPECT_EQ(outcome(tcp().offset(6).payload(4)), "segment");
}

TEST(TcpHeader, APacketShorterThanTheHeaderIsBad) {
  const auto ip = ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(6);
  EXPECT_EQ(outcome(FrameBuilder(ip).payload(19).padding(9)), "bad_tcp_header");
}

TEST(TcpHeader, AHeaderThatWasNotCapturedIsTruncated) {
  EXPECT_EQ(outcome(tcp().payload(100), 14 + 20 + 19), "truncated");
  EXPECT_EQ(outcome(tcp().payload(100), 14 + 20 + 20), "segment");
}

TEST(TcpHeader, AWireLengthBelowTheCapturedIsRaised) {
  const auto bytes = tcp().payload(5).bytes();
  const auto seen = decode({.bytes = std::as_bytes(std::span(bytes)),
                            .wire_length = 0,
                            .link_type = 1,
                            .at = kAt});
  EXPECT_EQ(std::get<Segment>(seen).payload, 5U);
}

TEST(TcpOptions, None) { EXPECT_EQ(options({}), SegmentOptions{}); }

TEST(TcpOptions, AreNoPayload) {
  EXPECT_EQ(segment(tcp().options({3, 3, 7}).payload(3)).payload, 3U);
}

TEST(TcpOptions, OnesThatSayNothingAboutStates) {
  EXPECT_EQ(options({2, 4, 5, 0xb4, 19, 18, 1,  2,  3,  4,  5,
                     6, 7, 8, 9,    10, 11, 12, 13, 14, 15, 16}),
            SegmentOptions{});
}

TEST(TcpOptions, WindowScale) {
  const auto seen = options({3, 3, 7});
  EXPECT_TRUE(seen.has_window_scale);
  EXPECT_EQ(seen.window_scale, 7);
}

TEST(TcpOptions, AWindowScaleOfZeroIsOneToo) {
  const auto seen = options({3, 3, 0});
  EXPECT_TRUE(seen.has_window_scale);
  EXPECT_EQ(seen.window_scale, 0);
}

TEST(TcpOptions, AWindowScaleIsReportedAsSent) {
  EXPECT_EQ(options({3, 3, 255}).window_scale, 255);
}

TEST(TcpOptions, SackPermitted) {
  EXPECT_EQ(options({4, 2}), SegmentOptions{.sack_permitted = true});
}

TEST(TcpOptions, TheRightEdgeOfTheFirstSackBlock) {
  const auto seen = options({5, 18, 0, 0, 0, 1, 0x80, 0, 0, 9,  //
                             0, 0, 0, 20, 0, 0, 0, 30});
  EXPECT_TRUE(seen.has_sack);
  EXPECT_EQ(seen.sack_edge.raw, 0x80000009U);
}

TEST(TcpOptions, Timestamps) {
  const auto seen = options({8, 10, 1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_TRUE(seen.has_timestamp);
  EXPECT_EQ(seen.timestamp, 0x01020304U);
}

TEST(TcpOptions, TimestampsWhereMostSendersPutThem) {
  EXPECT_EQ(options({1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}),
            options({8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}));
  EXPECT_EQ(options({1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}).timestamp,
            0x01020304U);
}

TEST(TcpOptions, Mptcp) {
  EXPECT_EQ(options({30, 4, 0, 0x81}), SegmentOptions{.mptcp = true});
}

TEST(TcpOptions, FastOpenRequestAndCookie) {
  EXPECT_EQ(options({34, 2}), SegmentOptions{.fast_open = true});
  EXPECT_EQ(options({34, 10, 1, 2, 3, 4, 5, 6, 7, 8}),
            SegmentOptions{.fast_open = true});
}

TEST(TcpOptions, ExperimentalFastOpen) {
  EXPECT_EQ(options({254, 4, 0xf9, 0x89}), SegmentOptions{.fast_open = true});
}

TEST(TcpOptions, AnotherExperimentIsNotFastOpen) {
  EXPECT_EQ(options({254, 4, 0xf9, 0x8a}), SegmentOptions{});
  EXPECT_EQ(options({254, 2, 0xf9, 0x89}), SegmentOptions{});
}

TEST(TcpOptions, TheListOfALinuxSyn) {
  const auto seen = options(
      {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 10});
  EXPECT_TRUE(seen.sack_permitted);
  EXPECT_EQ(seen.timestamp, 9U);
  EXPECT_EQ(seen.window_scale, 10);
}

TEST(TcpOptions, NothingCountsBehindTheEnd) {
  EXPECT_EQ(options({4, 2, 0, 2, 3, 3, 7}),
            SegmentOptions{.sack_permitted = true});
}

TEST(TcpOptions, AMalformedListCountsUpToItsFault) {
  const SegmentOptions before{.sack_permitted = true};
  EXPECT_EQ(options({4, 2, 3, 0, 7, 4, 3, 3}), before);   // length 0
  EXPECT_EQ(options({4, 2, 3, 1, 7, 4, 3, 3}), before);   // length 1
  EXPECT_EQ(options({4, 2, 8, 10, 1, 2, 3, 4}), before);  // beyond the end
  EXPECT_EQ(options({4, 2, 1, 8}), before);               // no length
}

TEST(TcpOptions, AMalformedListDoesNotSpoilTheSegment) {
  const Segment seen = segment(tcp().syn().seq(5).options({3, 0}).payload(3));
  EXPECT_EQ(seen.seq.raw, 5U);
  EXPECT_EQ(seen.payload, 3U);
}

TEST(TcpOptions, AnOptionOfAnotherLengthThanItsOwnSaysNothing) {
  EXPECT_EQ(options({3, 4, 7, 7}), SegmentOptions{});
  EXPECT_EQ(options({4, 3, 7}), SegmentOptions{});
  EXPECT_EQ(options({5, 6, 1, 1, 1, 1}), SegmentOptions{});
  EXPECT_EQ(options({5, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9}), SegmentOptions{});
  EXPECT_EQ(options({8, 6, 1, 2, 3, 4}), SegmentOptions{});
  EXPECT_EQ(options({8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9}), SegmentOptions{});
}

TEST(TcpOptions, TheSnapLengthLeavesTheFirstOnes) {
  const auto frame =
      tcp().syn().options({4, 2, 3, 3, 7, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8});
  constexpr std::size_t kHeaders = 14 + 20 + 20;
  EXPECT_EQ(segment(frame, kHeaders + 1).options, SegmentOptions{});
  EXPECT_EQ(segment(frame, kHeaders + 4).options,
            SegmentOptions{.sack_permitted = true});
  EXPECT_EQ(segment(frame, kHeaders + 14).options.window_scale, 7);
  EXPECT_FALSE(segment(frame, kHeaders + 14).options.has_timestamp);
  EXPECT_TRUE(segment(frame, kHeaders + 15).options.has_timestamp);
}

}  // namespace
}  // namespace tcpstated
