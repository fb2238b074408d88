// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Captured frames to segments. Never reads outside the frame, never allocates,
/// and gives a reason for every frame that is not a segment.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/time.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

/// Why a frame did not become a segment. Each is a counter: what cannot be read
/// is counted, never silently passed over.
enum class DropReason : std::uint8_t {
  UnknownLinkType,  ///< a DLT this program does not read
  Truncated,        ///< ends before its headers do (snap length, damage)
  NotIp,            ///< ARP, LLDP, ...
  NotTcp,           ///< another protocol over IP
  LaterFragment,    ///< not the first: no TCP header in it
  BadIpHeader,      ///< lengths that contradict each other
  BadTcpHeader,     ///< data offset below 5 or beyond the packet
  TooDeep,          ///< more tags or extension headers than anybody needs
  Tunnel,           ///< encapsulated IP; seen again on the inner device
};

inline constexpr std::array<std::string_view, 9> kDropReasonLabels{
    "unknown_link_type", "truncated",      "not_ip",
    "not_tcp",           "later_fragment", "bad_ip_header",
    "bad_tcp_header",    "too_deep",       "tunnel"};

/// Whether a frame says that something was not understood, other than that it
/// is about something else.
[[nodiscard]] constexpr bool is_unreadable(DropReason reason) {
  return reason != DropReason::NotIp && reason != DropReason::NotTcp &&
         reason != DropReason::LaterFragment && reason != DropReason::Tunnel;
}

/// A frame as libpcap hands it over.
struct Frame {
  std::span<const std::byte> bytes;
  std::uint32_t wire_length = 0;  ///< may exceed bytes.size(): snap length
  int link_type = 1;              ///< DLT_
  Instant at;
};

using Decoded = std::variant<Segment, HardError, DropReason>;

[[nodiscard]] Decoded decode(const Frame& frame);

}  // namespace tcpstated
