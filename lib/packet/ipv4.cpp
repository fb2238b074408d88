// SPDX-License-Identifier: Apache-2.0
// IPv4 headers (RFC 791), fragments, and packets too long for their own header.
#include "packet/layers.hpp"

namespace tcpstated {

Decoded decode_ipv4(Packet& packet) {
  constexpr std::size_t kFixedPart = 20;
  const auto header = packet.rest.peek<kFixedPart>();
  if (!header) return DropReason::Truncated;
  const auto first = header.get<std::uint8_t, 0>();
  const std::size_t header_length = (first & 0x0fU) * 4UL;
  std::size_t total = header.get<std::uint16_t, 2>();
  if (total == 0) total = packet.rest.length();  // GSO, BIG TCP
  if (first >> 4U != 4 || header_length < kFixedPart || total < header_length ||
      !packet.rest.claim_length(total))
    return DropReason::BadIpHeader;
  if (!packet.rest.skip(header_length)) return DropReason::Truncated;

  const auto protocol = IpProtocol{header.get<std::uint8_t, 9>()};
  const auto fragment = header.get<std::uint16_t, 6>();
  if ((fragment & 0x1fffU) != 0)
    return protocol == IpProtocol::Tcp ? DropReason::LaterFragment
                                       : DropReason::NotTcp;
  packet.whole = (fragment & 0x2000U) == 0;
  packet.ip_id = header.get<std::uint16_t, 4>();
  packet.addresses = header.bytes<12, 8>();
  return decode_carried(protocol, packet);
}

}  // namespace tcpstated
