// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "unit/packet/decoding.hpp"

namespace tcpstated {
namespace {

struct Sample {
  std::string name;
  FrameBuilder frame;
  /// As few captured bytes are enough.
  std::size_t enough;
};

std::vector<Sample> samples() {
  const FrameLayers::Bytes syn{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
                               0, 9, 0, 0,    0, 0, 1, 3,  3, 10};
  const FrameLayers::Bytes nothing{0, 1, 4, 0, 0, 0, 0};
  return {
      {"ipv4",
       ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).syn().options(syn),
       14 + 20 + 20},
      {"tagged ipv4 with options",
       ethernet()
           .vlan(1, 0x88a8)
           .vlan(2)
           .ipv4("10.0.0.1", "10.0.0.2")
           .ip_options(3)
           .tcp(1, 2)
           .ack(7)
           .payload(40),
       14 + 8 + 32 + 20},
      {"mpls",
       ethernet().mpls(16, false).mpls(17).ipv4("1.1.1.1", "2.2.2.2").tcp(1, 2),
       14 + 8 + 20 + 20},
      {"pppoe", ethernet().pppoe().ipv6("2001:db8::1", "2001:db8::2").tcp(1, 2),
       14 + 8 + 40 + 20},
      {"ipv6 with extension headers",
       ethernet()
           .ipv6("2001:db8::1", "2001:db8::2")
           .extension(0, nothing)
           .fragment6(0, true)
           .extension(60, nothing)
           .tcp(1, 2)
           .options(syn)
           .payload(9),
       14 + 40 + 24 + 20},
      {"jumbo",
       ethernet()
           .ipv6("2001:db8::1", "2001:db8::2")
           .length(0)
           .jumbo(66000 + 28)
           .tcp(1, 2)
           .payload(66000),
       14 + 40 + 8 + 20},
      {"icmp",
       ethernet()
           .ipv4("10.0.0.254", "10.0.0.1")
           .icmp(1, 3, 3)
           .ipv4("10.0.0.1", "10.0.0.2")
           .tcp(1, 2),
       14 + 20 + 8 + 20 + 8},
      {"raw", FrameBuilder(101, {}).ipv4("1.1.1.1", "2.2.2.2").tcp(1, 2), 40},
      {"null",
       FrameBuilder(0, {2, 0, 0, 0}).ipv4("1.1.1.1", "2.2.2.2").tcp(1, 2), 44},
      {"ppp",
       FrameBuilder(9, {0xff, 3, 0x21}).ipv4("1.1.1.1", "2.2.2.2").tcp(1, 2),
       43},
  };
}

/// Bytes that nobody needs to look at: `frame` may be very long.
std::size_t worth_cutting(const Sample& sample) {
  return std::min(sample.frame.bytes().size(), sample.enough + 100);
}

TEST(Truncation, ASnapLengthBelowTheHeadersIsTruncated) {
  for (const Sample& sample : samples())
    for (std::size_t kept = 0; kept < sample.enough; ++kept)
      EXPECT_EQ(outcome(sample.frame, kept), "truncated")
          << sample.name << ", " << kept << " bytes";
}

TEST(Truncation, ASnapLengthBehindTheHeadersChangesNothingButOptions) {
  for (const Sample& sample : samples()) {
    const Decoded whole = decode(sample.frame);
    for (std::size_t kept = sample.enough; kept < worth_cutting(sample);
         ++kept) {
      const Decoded cut = decode(sample.frame, kept);
      ASSERT_EQ(outcome(cut), outcome(whole)) << sample.name << ", " << kept;
      if (const auto* seen = std::get_if<Segment>(&cut)) {
        const auto& full = std::get<Segment>(whole);
        EXPECT_EQ(seen->from, full.from);
        EXPECT_EQ(seen->to, full.to);
        EXPECT_EQ(seen->seq, full.seq);
        EXPECT_EQ(seen->ack, full.ack);
        EXPECT_EQ(seen->flags, full.flags);
        EXPECT_EQ(seen->payload, full.payload) << sample.name << ", " << kept;
        EXPECT_EQ(seen->length_known, full.length_known);
      }
    }
  }
}

/// A damaged file: the frame ends, and claims that it never was longer.
TEST(Truncation, AFrameThatEndsEarlyIsNeverASegment) {
  for (const Sample& sample : samples()) {
    const auto all = sample.frame.bytes();
    for (std::size_t kept = 0; kept < worth_cutting(sample); ++kept) {
      const std::vector<std::uint8_t> bytes(
          all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept));
      const Decoded decoded =
          decode({.bytes = std::as_bytes(std::span(bytes)),
                  .wire_length = static_cast<std::uint32_t>(kept),
                  .link_type = sample.frame.link_type(),
                  .at = kAt});
      EXPECT_TRUE(outcome(decoded) == "truncated" ||
                  outcome(decoded) == "bad_ip_header")
          << sample.name << ", " << kept << " bytes: " << outcome(decoded);
    }
  }
}

}  // namespace
}  // namespace tcpstated
