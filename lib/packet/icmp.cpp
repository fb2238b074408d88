// SPDX-License-Identifier: Apache-2.0
// ICMP and ICMPv6 messages that end a connection (RFC 9293 3.9.2.2).
#include <limits>

#include "packet/layers.hpp"

namespace tcpstated {
namespace {

bool is_hard_v4(std::uint8_t type, std::uint8_t code) {  // RFC 792, RFC 1122
  constexpr std::uint8_t kUnreachable = 3;
  if (type != kUnreachable) return false;
  switch (code) {
    case 2:   // protocol
    case 3:   // port
    case 9:   // network prohibited
    case 10:  // host prohibited
    case 13:  // communication prohibited
      return true;
    default:
      return false;
  }
}

bool is_hard_v6(std::uint8_t type, std::uint8_t code) {  // RFC 4443
  constexpr std::uint8_t kUnreachable = 1;
  constexpr std::uint8_t kProhibited = 1;
  constexpr std::uint8_t kPort = 4;
  return type == kUnreachable && (code == kProhibited || code == kPort);
}

}  // namespace

Decoded decode_icmp(IpProtocol protocol, Packet& packet) {
  const bool v4 = packet.is_v4();
  if (v4 != (protocol == IpProtocol::Icmp)) return DropReason::NotTcp;
  const auto header = packet.rest.take<8>();
  if (!header) return DropReason::Truncated;
  const auto type = header.get<std::uint8_t, 0>();
  const auto code = header.get<std::uint8_t, 1>();
  if (!(v4 ? is_hard_v4(type, code) : is_hard_v6(type, code)))
    return DropReason::NotTcp;
  // Whoever quotes a packet ends the quote where he likes.
  constexpr auto kUnknownLength = std::numeric_limits<std::size_t>::max();
  Packet quoted{.rest = Slice(packet.rest.captured(), kUnknownLength),
                .at = packet.at,
                .quoted = true};
  return v4 ? decode_ipv4(quoted) : decode_ipv6(quoted);
}

}  // namespace tcpstated
