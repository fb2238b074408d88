// SPDX-License-Identifier: Apache-2.0
#include "packet/decode.hpp"

#include "packet/layers.hpp"

namespace tcpstated {

Decoded decode(const Frame& frame) {
  Packet packet{.rest = Slice(frame.bytes, frame.wire_length), .at = frame.at};
  return decode_link(frame.link_type, packet);
}

Decoded decode_carried(IpProtocol protocol, Packet& packet) {
  if (protocol == IpProtocol::Tcp) return decode_tcp(packet);
  if (packet.quoted) return DropReason::NotTcp;
  switch (protocol) {
    case IpProtocol::Icmp:
    case IpProtocol::Icmpv6:
      return decode_icmp(protocol, packet);
    case IpProtocol::IpInIp:
    case IpProtocol::Ipv6InIp:
    case IpProtocol::Gre:
    case IpProtocol::MplsInIp:
      return DropReason::Tunnel;
    default:
      return DropReason::NotTcp;
  }
}

}  // namespace tcpstated
