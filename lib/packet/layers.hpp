// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Private to this room. A packet on its way up: every layer takes its header
/// off, notes what it learned and hands the packet to the next, so that the
/// last one makes the segment where the caller wants it and nothing is copied.
///
///   link -> IPv4, IPv6 -> carried -> TCP
///                 ^------------------ICMP   (the quoted packet, once)

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/time.hpp"
#include "packet/decode.hpp"
#include "packet/slice.hpp"

namespace tcpstated {

/// Numbers of IANA's "Assigned Internet Protocol Numbers".
enum class IpProtocol : std::uint8_t {
  HopByHop = 0,
  Icmp = 1,
  IpInIp = 4,
  Tcp = 6,
  Ipv6InIp = 41,
  Routing = 43,
  Fragment = 44,
  Gre = 47,
  Authentication = 51,
  Icmpv6 = 58,
  Destination = 60,
  Mobility = 135,
  MplsInIp = 137,
  HostIdentity = 139,
  Shim6 = 140,
};

struct Packet {
  Slice rest;  ///< behind IP: as long as its header says, without padding
  Instant at;
  bool quoted = false;  ///< by an ICMP error, which may cut it anywhere
  bool whole = true;    ///< false: a first fragment
  std::uint16_t ip_id = 0;
  /// Source and destination as they lie in the IP header: 8 or 32 bytes.
  std::span<const std::byte> addresses;

  [[nodiscard]] bool is_v4() const { return addresses.size() == 8; }
};

[[nodiscard]] Decoded decode_link(int link_type, Packet& packet);
[[nodiscard]] Decoded decode_ipv4(Packet& packet);
[[nodiscard]] Decoded decode_ipv6(Packet& packet);
/// What IP carries, behind its options and extension headers.
[[nodiscard]] Decoded decode_carried(IpProtocol protocol, Packet& packet);
[[nodiscard]] Decoded decode_tcp(const Packet& packet);
/// NotTcp for everything but a hard error about a TCP segment.
[[nodiscard]] Decoded decode_icmp(IpProtocol protocol, Packet& packet);

}  // namespace tcpstated
