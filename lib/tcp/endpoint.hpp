// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Addresses, endpoints and prefixes as plain values.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tcpstated {

/// An IPv4 or IPv6 address in 16 bytes. IPv4 is kept v4-mapped, so the socket
/// a dual-stack server shows the kernel (::ffff:10.0.0.1) and the packet the
/// wire shows us (10.0.0.1) are the same address and the same hash.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] static constexpr IpAddress v4(std::uint32_t host_order) {
    IpAddress ip;
    ip.bytes[10] = ip.bytes[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i)
      ip.bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return ip;
  }
  /// From the 4 or 16 bytes in which packets and kernels carry one.
  [[nodiscard]] static std::optional<IpAddress> from_network(
      std::span<const std::byte> bytes);
  /// Dotted decimal or RFC 4291 text, without a zone.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] constexpr bool is_v4() const {
    for (std::size_t i = 0; i < 10; ++i)
      if (bytes[i] != 0) return false;
    return bytes[10] == 0xff && bytes[11] == 0xff;
  }
  /// 0.0.0.0 or ::
  [[nodiscard]] constexpr bool is_wildcard() const {
    return *this == IpAddress{} || *this == v4(0);
  }
  /// 127.0.0.0/8 or ::1
  [[nodiscard]] constexpr bool is_loopback() const {
    IpAddress one;
    one.bytes[15] = 1;
    return *this == one || (is_v4() && bytes[12] == 127);
  }
  [[nodiscard]] std::string to_string() const;

  constexpr auto operator<=>(const IpAddress&) const = default;
};

/// One end of a connection: RFC 9293 calls this a socket.
struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;

  /// "10.0.0.1:80" or "[::1]:80".
  [[nodiscard]] static Result<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  constexpr auto operator<=>(const Endpoint&) const = default;
};

/// A CIDR prefix. An address alone is the prefix of all its bits.
struct IpPrefix {
  IpAddress ip;
  unsigned bits = 128;  ///< of the 16 bytes: 10.0.0.0/8 has 96 + 8

  [[nodiscard]] static Result<IpPrefix> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] std::string to_string() const;

  constexpr bool operator==(const IpPrefix&) const = default;
};

}  // namespace tcpstated
