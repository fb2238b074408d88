// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The inet_diag protocol as bytes: requests built, answers decoded. Pure; the
/// socket that carries them is netlink_socket.hpp.
///
/// Source: include/uapi/linux/inet_diag.h, net/ipv4/inet_diag.c (Linux 6.18).

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "tcp/state_change.hpp"
#include "tcp/state_set.hpp"

namespace tcpstated {

/// How to find one socket again: SOCK_DIAG_BY_FAMILY looks it up by its
/// addresses and refuses one whose cookie differs.
struct SocketRef {
  FourTuple tuple;
  std::uint64_t cookie = 0;
  std::uint32_t interface = 0;
  bool ipv6 = false;

  [[nodiscard]] SocketKey key() const { return {tuple, cookie}; }
};

[[nodiscard]] inline SocketRef ref_to(const StateChange& row) {
  return {row.tuple, row.socket.cookie, row.socket.interface, row.socket.ipv6};
}

/// Why an answer did not become a row. Each is a counter.
enum class DiagReject : std::uint8_t {
  Truncated,      ///< shorter than struct inet_diag_msg
  BadAttribute,   ///< an attribute that claims more bytes than there are
  UnknownFamily,  ///< neither AF_INET nor AF_INET6
  UnknownState,   ///< a state this program has no name for
};

inline constexpr std::array<std::string_view, 4> kDiagRejectLabels{
    "truncated", "bad_attribute", "unknown_family", "unknown_state"};

using NetlinkRequest = std::vector<std::byte>;

/// All TCP sockets in `states`, IPv4 and IPv6 in one walk of the kernel's hash
/// (TCPDIAG_GETSOCK), tcp_info included where a socket has one.
[[nodiscard]] NetlinkRequest tcp_dump_request(StateSet states,
                                              std::uint32_t sequence);

/// All MPTCP connections of one family in `states` (Linux 5.9). The walk has no
/// variant for both families.
[[nodiscard]] NetlinkRequest mptcp_dump_request(bool ipv6, StateSet states,
                                                std::uint32_t sequence);

/// One known TCP socket.
[[nodiscard]] NetlinkRequest lookup_request(const SocketRef& socket,
                                            std::uint32_t sequence);

/// Decodes the payload of one answer (what follows struct nlmsghdr). Never
/// reads outside `payload`, never allocates. `at`: when it was received.
[[nodiscard]] std::expected<StateChange, DiagReject> decode_diag(
    std::span<const std::byte> payload, Protocol protocol, Instant at);

}  // namespace tcpstated
