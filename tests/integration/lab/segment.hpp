// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One TCP segment without data or options, as bytes of IPv4 or IPv6 and back.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tcpstated::lab {

struct Segment {
  struct Side {
    std::array<std::uint8_t, 16> address{};  ///< IPv4: the first 4
    std::uint16_t port = 0;
  };
  bool ipv6 = false;
  Side from;
  Side to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
};

/// nullopt: not TCP, a fragment, IPv6 with extension headers.
[[nodiscard]] std::optional<Segment> parse_segment(
    std::span<const std::byte> packet);
[[nodiscard]] std::vector<std::byte> to_packet(const Segment& segment);

}  // namespace tcpstated::lab
