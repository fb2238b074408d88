// SPDX-License-Identifier: Apache-2.0
#include "tcp/endpoint.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>

namespace tcpstated {
namespace {

using namespace std::string_view_literals;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

TEST(IpAddress, DottedDecimalIsReadAndWritten) {
  for (const char* text : {"0.0.0.0", "10.0.0.1", "255.255.255.255"})
    EXPECT_EQ(ip(text).to_string(), text);
}

TEST(IpAddress, Ipv6IsWrittenInItsShortForm) {
  EXPECT_EQ(ip("2001:0DB8:0:0:0:0:0:1").to_string(), "2001:db8::1");
  EXPECT_EQ(ip("::").to_string(), "::");
  EXPECT_EQ(ip("::1").to_string(), "::1");
  EXPECT_EQ(ip("fe80::1").to_string(), "fe80::1");
}

TEST(IpAddress, AV4MappedAddressIsTheIpv4AddressInIt) {
  EXPECT_EQ(ip("::ffff:10.0.0.1"), ip("10.0.0.1"));
  EXPECT_EQ(ip("::ffff:a00:1").to_string(), "10.0.0.1");
  EXPECT_EQ(IpAddress::v4(0x0a000001), ip("10.0.0.1"));
}

TEST(IpAddress, V4CompatibleAndTranslatedAddressesAreIpv6) {
  EXPECT_FALSE(ip("::10.0.0.1").is_v4());
  EXPECT_FALSE(ip("64:ff9b::10.0.0.1").is_v4());
  EXPECT_FALSE(ip("1::ffff:10.0.0.1").is_v4());
  EXPECT_TRUE(ip("::ffff:10.0.0.1").is_v4());
}

TEST(IpAddress, OtherTextsAreRefused) {
  for (const std::string_view text :
       {""sv, "10.0.0"sv, "10.0.0.256"sv, "10.0.0.01"sv, "10.0.0.1 "sv,
        " 10.0.0.1"sv, "0x0a.0.0.1"sv, "167772161"sv, "localhost"sv, ":"sv,
        "::1%lo"sv, "[::1]"sv, "1:2:3:4:5:6:7"sv, "1::2::3"sv, "::12345"sv})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddress, NothingHidesBehindAZeroByte) {
  EXPECT_FALSE(IpAddress::parse("10.0.0.1\0"sv));
  EXPECT_FALSE(IpAddress::parse("10.0.0.1\0junk"sv));
  EXPECT_FALSE(IpAddress::parse("::1\0junk"sv));
}

TEST(IpAddress, ARefusalShowsTheTextSafely) {
  EXPECT_EQ(IpAddress::parse("a\n").error().message,
            "'a\\x0a' is not an IP address");
}

TEST(IpAddress, WildcardsOfBothFamilies) {
  EXPECT_TRUE(ip("0.0.0.0").is_wildcard());
  EXPECT_TRUE(ip("::").is_wildcard());
  EXPECT_FALSE(ip("0.0.0.1").is_wildcard());
  EXPECT_FALSE(ip("::1").is_wildcard());
}

TEST(IpAddress, LoopbackIsAllOf127AndOne) {
  EXPECT_TRUE(ip("127.0.0.1").is_loopback());
  EXPECT_TRUE(ip("127.255.0.9").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("128.0.0.1").is_loopback());
  EXPECT_FALSE(ip("::2").is_loopback());
  EXPECT_FALSE(ip("7f00::").is_loopback());
}

TEST(Endpoint, IsReadAndWritten) {
  for (const char* text : {"10.0.0.1:80", "0.0.0.0:0", "[::1]:65535",
                           "[2001:db8::1]:443", "[::]:0"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(Endpoint, AV4MappedAddressIsWrittenAsIpv4) {
  EXPECT_EQ(Endpoint::parse("[::ffff:10.0.0.1]:80")->to_string(),
            "10.0.0.1:80");
}

TEST(Endpoint, OtherTextsAreRefused) {
  for (const char* text : {"",
                           ":",
                           ":80",
                           "10.0.0.1",
                           "10.0.0.1:",
                           "10.0.0.1:65536",
                           "10.0.0.1:-1",
                           "10.0.0.1:http",
                           "10.0.0.1:80 ",
                           "::1:80",
                           "[::1]",
                           "[::1]80",
                           "[::1:80",
                           "::1]:80",
                           "[10.0.0.1]:80",
                           "[]:80",
                           "[:80",
                           "*:80",
                           "localhost:80",
                           "[[::1]]:80"})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(IpPrefix, IsReadAndWritten) {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "10.0.0.1/32", "::/0",
                           "2001:db8::/32", "::1/128"}) {
    const auto prefix = IpPrefix::parse(text);
    ASSERT_TRUE(prefix) << text;
    EXPECT_EQ(prefix->to_string(), text);
  }
}

TEST(IpPrefix, AnAddressAloneIsThePrefixOfAllItsBits) {
  EXPECT_EQ(IpPrefix::parse("10.0.0.1")->to_string(), "10.0.0.1/32");
  EXPECT_EQ(IpPrefix::parse("::1")->to_string(), "::1/128");
}

TEST(IpPrefix, AMappedPrefixIsReadBackAsItWas) {
  for (const char* text :
       {"::ffff:10.0.0.0/104", "::ffff:0.0.0.0/96", "::ffff:0.0.0.0/90"}) {
    const auto prefix = IpPrefix::parse(text);
    ASSERT_TRUE(prefix) << text;
    EXPECT_EQ(IpPrefix::parse(prefix->to_string()), *prefix) << text;
  }
}

TEST(IpPrefix, ContainsWhatAgreesInItsBits) {
  const auto contains = [](std::string_view prefix, std::string_view address) {
    return IpPrefix::parse(prefix)->contains(ip(address));
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(contains("10.0.0.128/25", "10.0.0.255"));
  EXPECT_FALSE(contains("10.0.0.128/25", "10.0.0.127"));
  EXPECT_TRUE(contains("10.9.9.9/8", "10.1.1.1"));  // host bits do not count
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(contains("::1", "::2"));
}

TEST(IpPrefix, EveryIpv4AddressIsInZeroSlashZeroAndNoIpv6Address) {
  const auto all = *IpPrefix::parse("0.0.0.0/0");
  EXPECT_TRUE(all.contains(ip("255.1.2.3")));
  EXPECT_TRUE(all.contains(ip("::ffff:1.2.3.4")));
  EXPECT_FALSE(all.contains(ip("2001:db8::1")));
  EXPECT_TRUE(IpPrefix::parse("::/0")->contains(ip("255.1.2.3")));
}

TEST(IpPrefix, OtherTextsAreRefused) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129",
                           "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/8 ",
                           "10.0.0.0/255.0.0.0", "10/8", "[::1]/128"})
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
}

TEST(IpPrefix, ARefusedLengthSaysWhatIsAllowed) {
  EXPECT_EQ(IpPrefix::parse("10.0.0.0/33").error().message,
            "'10.0.0.0/33' has no prefix length between 0 and 32");
  EXPECT_EQ(IpPrefix::parse("::/129").error().message,
            "'::/129' has no prefix length between 0 and 128");
}

TEST(IpAddress, IsMadeOfTheBytesOfAPacket) {
  const std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  const auto network = std::as_bytes(std::span(bytes));
  EXPECT_EQ(IpAddress::from_network(network),
            IpAddress::parse("2001:db8::").value());
  EXPECT_EQ(IpAddress::from_network(network.first(4)),
            IpAddress::parse("32.1.13.184").value());
  EXPECT_EQ(IpAddress::from_network(network.first(5)), std::nullopt);
}

}  // namespace
}  // namespace tcpstated
