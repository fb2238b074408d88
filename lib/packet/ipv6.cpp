// SPDX-License-Identifier: Apache-2.0
// IPv6 headers (RFC 8200), their extension headers and jumbograms (RFC 2675).
#include <algorithm>
#include <optional>

#include "packet/layers.hpp"

namespace tcpstated {
namespace {

constexpr int kMaxExtensionHeaders = 8;
constexpr std::size_t kUnit = 8;  // in which extension headers are measured

bool is_extension(IpProtocol protocol) {
  switch (protocol) {
    case IpProtocol::HopByHop:
    case IpProtocol::Routing:
    case IpProtocol::Fragment:
    case IpProtocol::Authentication:
    case IpProtocol::Destination:
    case IpProtocol::Mobility:
    case IpProtocol::HostIdentity:
    case IpProtocol::Shim6:
      return true;
    default:
      return false;
  }
}

std::size_t extension_length(IpProtocol which, std::uint8_t length) {
  switch (which) {
    case IpProtocol::Fragment:
      return kUnit;  // its length field is reserved
    case IpProtocol::Authentication:
      return (length + 2UL) * 4;
    default:
      return (length + 1UL) * kUnit;
  }
}

/// Moves behind one extension header; the reason if that is not possible.
std::optional<DropReason> pass_extension(IpProtocol& which, Packet& packet) {
  const auto header = packet.rest.peek<kUnit>();
  if (!header) return DropReason::Truncated;
  const auto next = IpProtocol{header.get<std::uint8_t, 0>()};
  if (which == IpProtocol::Fragment) {
    const auto fragment = header.get<std::uint16_t, 2>();
    if (fragment >> 3U != 0)
      return next == IpProtocol::Tcp || is_extension(next)
                 ? DropReason::LaterFragment
                 : DropReason::NotTcp;
    if ((fragment & 1U) != 0) packet.whole = false;  // else atomic, RFC 6946
  }
  if (!packet.rest.skip(extension_length(which, header.get<std::uint8_t, 1>())))
    return DropReason::Truncated;
  which = next;
  return std::nullopt;
}

/// The length in a jumbo payload option of the hop-by-hop header at the front.
std::optional<std::uint32_t> jumbo_length(Slice rest) {
  constexpr std::uint8_t kPad1 = 0;
  constexpr std::uint8_t kJumbo = 0xc2;
  const auto header = rest.take<2>();
  if (!header) return std::nullopt;
  const std::size_t length = (header.get<std::uint8_t, 1>() + 1) * kUnit - 2;
  Slice options(
      rest.captured().first(std::min(length, rest.captured().size())));
  while (const auto option = options.peek<2>()) {
    const auto type = option.get<std::uint8_t, 0>();
    const std::size_t size = option.get<std::uint8_t, 1>();
    if (type == kJumbo && size == 4) {
      const auto whole = options.peek<6>();
      if (!whole) return std::nullopt;
      return whole.get<std::uint32_t, 2>();
    }
    if (!options.skip(type == kPad1 ? 1 : 2 + size)) return std::nullopt;
  }
  return std::nullopt;
}

/// Limits the packet behind the fixed header to its real length. False if the
/// lengths contradict each other.
bool claim_payload(Packet& packet, std::size_t length, IpProtocol next) {
  constexpr std::uint32_t kMaxOrdinary = 0xffff;
  if (length != 0) return packet.rest.claim_length(length);
  if (next == IpProtocol::HopByHop)
    if (const auto jumbo = jumbo_length(packet.rest))
      return *jumbo > kMaxOrdinary && packet.rest.claim_length(*jumbo);
  return true;  // GSO without the option: all there is
}

}  // namespace

Decoded decode_ipv6(Packet& packet) {
  const auto header = packet.rest.take<40>();
  if (!header) return DropReason::Truncated;
  auto next = IpProtocol{header.get<std::uint8_t, 6>()};
  if (header.get<std::uint8_t, 0>() >> 4U != 6 ||
      !claim_payload(packet, header.get<std::uint16_t, 4>(), next))
    return DropReason::BadIpHeader;
  packet.addresses = header.bytes<8, 32>();
  for (int passed = 0; is_extension(next); ++passed) {
    if (passed == kMaxExtensionHeaders) return DropReason::TooDeep;
    if (const auto problem = pass_extension(next, packet)) return *problem;
  }
  return decode_carried(next, packet);
}

}  // namespace tcpstated
