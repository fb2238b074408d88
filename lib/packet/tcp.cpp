// SPDX-License-Identifier: Apache-2.0
// TCP headers (RFC 9293 3.1) and the options that matter to states.
#include <algorithm>
#include <cstring>

#include "packet/layers.hpp"

namespace tcpstated {
namespace {

constexpr std::size_t kFixedPart = 20;
constexpr std::size_t kQuotedPart = 8;  // RFC 792: ports and sequence number

// Numbers of IANA's "TCP Option Kind Numbers".
constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kWindowScale = 3;
constexpr std::uint8_t kSackPermitted = 4;
constexpr std::uint8_t kSack = 5;
constexpr std::uint8_t kTimestamps = 8;
constexpr std::uint8_t kMptcp = 30;
constexpr std::uint8_t kFastOpen = 34;
constexpr std::uint8_t kExperiment = 254;
constexpr std::uint16_t kFastOpenMagic = 0xf989;  // before RFC 7413

/// Fills in a fresh, hence zero, address.
void put(std::span<const std::byte, 4> v4, IpAddress& out) {
  out.bytes[10] = out.bytes[11] = 0xff;
  std::memcpy(&out.bytes[12], v4.data(), v4.size());
}
void put(std::span<const std::byte, 16> v6, IpAddress& out) {
  std::memcpy(out.bytes.data(), v6.data(), v6.size());
}

/// What a segment and a quoted segment have in common: addresses, and the
/// first eight bytes of TCP.
template <typename T>
void put_beginning(const Packet& packet, Header<kQuotedPart> header, T& out) {
  if (packet.is_v4()) {
    put(packet.addresses.first<4>(), out.from.ip);
    put(packet.addresses.last<4>(), out.to.ip);
  } else {
    put(packet.addresses.first<16>(), out.from.ip);
    put(packet.addresses.last<16>(), out.to.ip);
  }
  out.from.port = header.get<std::uint16_t, 0>();
  out.to.port = header.get<std::uint16_t, 2>();
  out.seq = {header.get<std::uint32_t, 4>()};
  out.at = packet.at;
}

/// `body`: one whole option without its kind and length.
void read_option(std::uint8_t kind, Slice body, SegmentOptions& out) {
  switch (kind) {
    case kWindowScale:
      if (const auto shift = body.peek<1>(); shift && body.length() == 1) {
        out.has_window_scale = true;
        out.window_scale = shift.get<std::uint8_t, 0>();
      }
      break;
    case kSackPermitted:
      if (body.length() == 0) out.sack_permitted = true;
      break;
    case kSack:
      if (const auto block = body.peek<8>(); block && body.length() % 8 == 0) {
        out.has_sack = true;
        out.sack_edge = {block.get<std::uint32_t, 4>()};
      }
      break;
    case kTimestamps:
      if (const auto pair = body.peek<8>(); pair && body.length() == 8) {
        out.has_timestamp = true;
        out.timestamp = pair.get<std::uint32_t, 0>();
      }
      break;
    case kMptcp:
      out.mptcp = true;
      break;
    case kFastOpen:
      out.fast_open = true;
      break;
    case kExperiment:
      if (const auto magic = body.peek<2>();
          magic && magic.get<std::uint16_t, 0>() == kFastOpenMagic)
        out.fast_open = true;
      break;
    default:
      break;
  }
}

/// Two NOPs and the timestamps: the list of most segments but SYNs.
bool read_usual_options(std::span<const std::byte> list, SegmentOptions& out) {
  if (list.size() != 12) return false;
  const Header<12> whole(list.first<12>());
  if (whole.get<std::uint32_t, 0>() != 0x0101080a) return false;
  out.has_timestamp = true;
  out.timestamp = whole.get<std::uint32_t, 4>();
  return true;
}

/// As far as the list makes sense: like Linux, ignores the rest of a malformed
/// one, and an option that the snap length cut.
void read_options(std::span<const std::byte> list, SegmentOptions& out) {
  if (read_usual_options(list, out)) return;
  while (!list.empty()) {
    const auto kind = std::to_integer<std::uint8_t>(list[0]);
    if (kind == kEnd) return;
    if (kind == kNoOperation) {
      list = list.subspan(1);
      continue;
    }
    if (list.size() < 2) return;
    const auto length = std::to_integer<std::size_t>(list[1]);
    if (length < 2 || length > list.size()) return;
    read_option(kind, Slice(list.subspan(2, length - 2)), out);
    list = list.subspan(length);
  }
}

Decoded make_hard_error(const Packet& packet, Header<kQuotedPart> header) {
  HardError error;
  put_beginning(packet, header, error);
  return error;
}

/// `length`: of the TCP header.
Decoded make_segment(const Packet& packet, Header<kFixedPart> header,
                     std::size_t length) {
  const auto captured = packet.rest.captured();
  const auto flags = header.get<std::uint8_t, 13>();
  Decoded decoded;  // a Segment; filled in where the caller will find it
  auto& segment = std::get<Segment>(decoded);
  put_beginning(packet, header.first<kQuotedPart>(), segment);
  segment.ack = {header.get<std::uint32_t, 8>()};
  segment.payload = static_cast<std::uint32_t>(
      packet.rest.length() - std::min(length, packet.rest.length()));
  segment.window = header.get<std::uint16_t, 14>();
  segment.ip_id = packet.ip_id;
  segment.flags = {.syn = (flags & 0x02U) != 0,
                   .ack = (flags & 0x10U) != 0,
                   .fin = (flags & 0x01U) != 0,
                   .rst = (flags & 0x04U) != 0};
  segment.length_known = packet.whole;
  read_options(
      captured.first(std::min(length, captured.size())).subspan(kFixedPart),
      segment.options);
  return decoded;
}

}  // namespace

Decoded decode_tcp(const Packet& packet) {
  if (packet.quoted) {
    const auto header = packet.rest.peek<kQuotedPart>();
    if (!header) return DropReason::Truncated;
    return make_hard_error(packet, header);
  }
  const auto header = packet.rest.peek<kFixedPart>();
  // A first fragment may be shorter than the header it begins.
  if (!header)
    return packet.rest.cut() || !packet.whole ? DropReason::Truncated
                                              : DropReason::BadTcpHeader;
  const std::size_t length = (header.get<std::uint8_t, 12>() >> 4U) * 4UL;
  if (length < kFixedPart || (length > packet.rest.length() && packet.whole))
    return DropReason::BadTcpHeader;
  return make_segment(packet, header, length);
}

}  // namespace tcpstated
