// SPDX-License-Identifier: Apache-2.0
#include "unit/packet/decoding.hpp"

namespace tcpstated {
namespace {

/// A router's complaint about whatever is appended.
FrameBuilder error(unsigned type, unsigned code) {
  return ethernet().ipv4("10.0.0.254", "10.0.0.1").icmp(1, type, code);
}
FrameBuilder error6(unsigned type, unsigned code) {
  return ethernet().ipv6("2001:db8::fe", "2001:db8::1").icmp(58, type, code);
}
FrameBuilder about_segment(FrameBuilder message) {
  return message.ipv4("10.0.0.1", "10.0.0.2").tcp(1234, 80).seq(4711);
}
FrameBuilder about_segment6(FrameBuilder message) {
  return message.ipv6("2001:db8::1", "2001:db8::2").tcp(1234, 80).seq(4711);
}

TEST(Icmp, AnUnreachablePortNamesTheQuotedSegment) {
  const auto seen = std::get<HardError>(decode(about_segment(error(3, 3))));
  EXPECT_EQ(seen.from.to_string(), "10.0.0.1:1234");
  EXPECT_EQ(seen.to.to_string(), "10.0.0.2:80");
  EXPECT_EQ(seen.seq.raw, 4711U);
  EXPECT_EQ(seen.at, kAt);
}

TEST(Icmp, AnUnreachablePortNamesTheQuotedSegmentOfIpv6) {
  const auto seen = std::get<HardError>(decode(about_segment6(error6(1, 4))));
  EXPECT_EQ(seen.from.to_string(), "[2001:db8::1]:1234");
  EXPECT_EQ(seen.to.to_string(), "[2001:db8::2]:80");
  EXPECT_EQ(seen.seq.raw, 4711U);
}

TEST(Icmp, TheHardCodesOfUnreachable) {
  for (const unsigned code : {2U, 3U, 9U, 10U, 13U})
    EXPECT_EQ(outcome(about_segment(error(3, code))), "hard_error") << code;
  for (const unsigned code : {1U, 4U})
    EXPECT_EQ(outcome(about_segment6(error6(1, code))), "hard_error") << code;
}

TEST(Icmp, TheSoftCodesOfUnreachable) {
  for (const unsigned code : {0U, 1U, 4U, 5U, 11U, 12U})
    EXPECT_EQ(outcome(about_segment(error(3, code))), "not_tcp") << code;
  for (const unsigned code : {0U, 2U, 3U})
    EXPECT_EQ(outcome(about_segment6(error6(1, code))), "not_tcp") << code;
}

TEST(Icmp, OtherMessagesAreNotTcp) {
  for (const unsigned type : {0U, 1U, 5U, 8U, 11U, 12U})
    EXPECT_EQ(outcome(about_segment(error(type, 3))), "not_tcp") << type;
  for (const unsigned type : {2U, 3U, 128U, 129U, 135U})
    EXPECT_EQ(outcome(about_segment6(error6(type, 4))), "not_tcp") << type;
}

TEST(Icmp, TheOtherIpVersionsMessageIsNotTcp) {
  auto wrong = ethernet().ipv4("10.0.0.254", "10.0.0.1").icmp(58, 3, 3);
  EXPECT_EQ(outcome(about_segment(wrong)), "not_tcp");
  auto wrong6 = ethernet().ipv6("2001:db8::fe", "2001:db8::1").icmp(1, 1, 4);
  EXPECT_EQ(outcome(about_segment6(wrong6)), "not_tcp");
}

TEST(Icmp, EightBytesOfTcpAreEnough) {
  auto quote = error(3, 3).ipv4("10.0.0.1", "10.0.0.2").length(1500);
  quote.protocol(6);
  EXPECT_EQ(outcome(FrameBuilder(quote).raw({4, 210, 0, 80, 0, 0, 1})),
            "truncated");
  const auto seen = std::get<HardError>(
      decode(FrameBuilder(quote).raw({4, 210, 0, 80, 0, 0, 1, 2})));
  EXPECT_EQ(seen.from.port, 1234);
  EXPECT_EQ(seen.seq.raw, 258U);
}

TEST(Icmp, AQuoteWithIpOptions) {
  auto message = error(3, 3).ipv4("10.0.0.1", "10.0.0.2").ip_options(3);
  EXPECT_EQ(outcome(message.tcp(1234, 80)), "hard_error");
}

TEST(Icmp, AQuoteWithExtensionHeaders) {
  auto message = error6(1, 1).ipv6("2001:db8::1", "2001:db8::2");
  message.extension(60, {0, 1, 4, 0, 0, 0, 0});
  EXPECT_EQ(outcome(message.tcp(1234, 80)), "hard_error");
}

TEST(Icmp, AQuoteOfUdpIsNotTcp) {
  auto message = error(3, 3).ipv4("10.0.0.1", "10.0.0.2").protocol(17);
  EXPECT_EQ(outcome(message.payload(8)), "not_tcp");
}

TEST(Icmp, AQuoteOfAnIcmpErrorIsNotFollowed) {
  auto message = error(3, 3).ipv4("10.0.0.1", "10.0.0.2").icmp(1, 3, 3);
  EXPECT_EQ(outcome(about_segment(message)), "not_tcp");
}

TEST(Icmp, AQuoteOfATunnelIsNotTcp) {
  auto message = error(3, 3).ipv4("10.0.0.1", "10.0.0.2");
  EXPECT_EQ(outcome(about_segment(message)), "not_tcp");
}

TEST(Icmp, AQuoteOfALaterFragment) {
  auto message = error(3, 3).ipv4("10.0.0.1", "10.0.0.2").fragment(8, false);
  EXPECT_EQ(outcome(message.protocol(6).payload(20)), "later_fragment");
}

TEST(Icmp, AQuoteOfTheOtherIpVersionIsBad) {
  EXPECT_EQ(outcome(about_segment6(error(3, 3))), "bad_ip_header");
  EXPECT_EQ(outcome(about_segment(error6(1, 4)).payload(20)), "bad_ip_header");
}

TEST(Icmp, PaddingIsNoQuote) {
  auto message = error(3, 3).ipv4("10.0.0.1", "10.0.0.2").protocol(6);
  EXPECT_EQ(outcome(message.padding(20)), "truncated");
}

TEST(Icmp, ACutMessageIsTruncated) {
  EXPECT_EQ(outcome(about_segment(error(3, 3)), 14 + 20 + 7), "truncated");
}

}  // namespace
}  // namespace tcpstated
