// SPDX-License-Identifier: Apache-2.0
// From a frame of any link type, behind tags and labels, to the IP packet.
#include <bit>

#include "packet/layers.hpp"

namespace tcpstated {
namespace {

/// VLAN tags and MPLS labels, together.
constexpr int kMaxTags = 8;

// DLT_ values of libpcap; its headers are for the room that captures.
constexpr int kDltNull = 0;
constexpr int kDltEthernet = 1;
constexpr int kDltPpp = 9;
constexpr int kDltRawLinux = 12;
constexpr int kDltRawOpenBsd = 14;
constexpr int kLinkTypeRaw = 101;
constexpr int kDltLoop = 108;
constexpr int kDltLinuxCooked = 113;
constexpr int kDltIpv4 = 228;
constexpr int kDltIpv6 = 229;
constexpr int kDltLinuxCooked2 = 276;

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherVlan = 0x8100;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint16_t kEtherMpls = 0x8847;
constexpr std::uint16_t kEtherMplsMulticast = 0x8848;
constexpr std::uint16_t kEtherPppoeSession = 0x8864;
constexpr std::uint16_t kEtherServiceVlan = 0x88a8;
constexpr std::uint16_t kEtherQinq = 0x9100;  // before 802.1ad

constexpr std::uint16_t kPppIpv4 = 0x0021;
constexpr std::uint16_t kPppIpv6 = 0x0057;
constexpr std::uint16_t kPppMpls = 0x0281;

/// Where nothing but the packet itself says which version it is.
Decoded by_first_nibble(Packet& packet) {
  const auto first = packet.rest.peek<1>();
  if (!first) return DropReason::Truncated;
  switch (first.get<std::uint8_t, 0>() >> 4U) {
    case 4:
      return decode_ipv4(packet);
    case 6:
      return decode_ipv6(packet);
    default:
      return DropReason::NotIp;
  }
}

Decoded behind_labels(Packet& packet, int tags) {
  for (; tags < kMaxTags; ++tags) {
    const auto label = packet.rest.take<4>();
    if (!label) return DropReason::Truncated;
    const bool bottom = (label.get<std::uint8_t, 2>() & 1U) != 0;
    if (bottom) return by_first_nibble(packet);
  }
  return DropReason::TooDeep;
}

Decoded by_ppp_protocol(Packet& packet, int tags) {
  const auto first = packet.rest.take<1>();
  if (!first) return DropReason::Truncated;
  std::uint16_t protocol = first.get<std::uint8_t, 0>();
  if (protocol % 2 == 0) {  // else compressed to one byte, RFC 1661 6.5
    const auto second = packet.rest.take<1>();
    if (!second) return DropReason::Truncated;
    protocol = static_cast<std::uint16_t>(protocol << 8U |
                                          second.get<std::uint8_t, 0>());
  }
  switch (protocol) {
    case kPppIpv4:
      return decode_ipv4(packet);
    case kPppIpv6:
      return decode_ipv6(packet);
    case kPppMpls:
      return behind_labels(packet, tags);
    default:
      return DropReason::NotIp;
  }
}

Decoded behind_pppoe(Packet& packet, int tags) {
  constexpr std::uint16_t kSessionData = 0x1100;  // version 1, type 1, code 0
  const auto header = packet.rest.take<6>();
  if (!header) return DropReason::Truncated;
  if (header.get<std::uint16_t, 0>() != kSessionData) return DropReason::NotIp;
  if (!packet.rest.claim_length(header.get<std::uint16_t, 4>()))
    return DropReason::BadIpHeader;
  return by_ppp_protocol(packet, tags);
}

Decoded by_ether_type(std::uint16_t type, Packet& packet) {
  for (int tags = 0;; ++tags) {
    switch (type) {
      case kEtherIpv4:
        return decode_ipv4(packet);
      case kEtherIpv6:
        return decode_ipv6(packet);
      case kEtherMpls:
      case kEtherMplsMulticast:
        return behind_labels(packet, tags);
      case kEtherPppoeSession:
        return behind_pppoe(packet, tags);
      case kEtherVlan:
      case kEtherServiceVlan:
      case kEtherQinq:
        break;
      default:
        return DropReason::NotIp;
    }
    if (tags == kMaxTags) return DropReason::TooDeep;
    const auto tag = packet.rest.take<4>();
    if (!tag) return DropReason::Truncated;
    type = tag.get<std::uint16_t, 2>();
  }
}

/// A header of `Size` bytes with an EtherType at `TypeAt`.
template <std::size_t Size, std::size_t TypeAt>
Decoded behind_ether_type(Packet& packet) {
  const auto header = packet.rest.take<Size>();
  if (!header) return DropReason::Truncated;
  return by_ether_type(header.template get<std::uint16_t, TypeAt>(), packet);
}

/// DLT_NULL and DLT_LOOP: an address family, in the byte order of a machine
/// that is not named, and with the numbers of its system.
Decoded behind_family(Packet& packet) {
  const auto header = packet.rest.take<4>();
  if (!header) return DropReason::Truncated;
  const auto raw = header.get<std::uint32_t, 0>();
  switch (raw <= 0xffff ? raw : std::byteswap(raw)) {
    case 2:
      return decode_ipv4(packet);
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // macOS
      return decode_ipv6(packet);
    default:
      return DropReason::NotIp;
  }
}

Decoded behind_ppp(Packet& packet) {
  constexpr std::uint8_t kAddress = 0xff;  // RFC 1662; both may be left out
  constexpr std::uint8_t kControl = 0x03;
  const auto first = packet.rest.peek<1>();
  if (first && first.get<std::uint8_t, 0>() == kAddress) {
    const auto header = packet.rest.take<2>();
    if (!header) return DropReason::Truncated;
    if (header.get<std::uint8_t, 1>() != kControl) return DropReason::NotIp;
  }
  return by_ppp_protocol(packet, 0);
}

}  // namespace

Decoded decode_link(int link_type, Packet& packet) {
  switch (link_type) {
    case kDltEthernet:
      return behind_ether_type<14, 12>(packet);
    case kDltLinuxCooked:
      return behind_ether_type<16, 14>(packet);
    case kDltLinuxCooked2:
      return behind_ether_type<20, 0>(packet);
    case kDltRawLinux:
    case kDltRawOpenBsd:
    case kLinkTypeRaw:
      return by_first_nibble(packet);
    case kDltIpv4:
      return decode_ipv4(packet);
    case kDltIpv6:
      return decode_ipv6(packet);
    case kDltNull:
    case kDltLoop:
      return behind_family(packet);
    case kDltPpp:
      return behind_ppp(packet);
    default:
      return DropReason::UnknownLinkType;
  }
}

}  // namespace tcpstated
