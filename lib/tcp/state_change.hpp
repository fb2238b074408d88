// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The one currency of the data flow: one endpoint of one connection is in
/// this state, at this time, with this quality.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "tcp/four_tuple.hpp"
#include "tcp/tcp_state.hpp"

namespace tcpstated {

/// How sure we are. Ordered: a weaker source never overwrites a stronger one.
enum class Quality : std::uint8_t {
  Unknown,    ///< picked up mid-stream
  Inferred,   ///< deduced although packets were lost
  Presumed,   ///< a packet passed us on its way to the endpoint
  Confirmed,  ///< the endpoint itself acknowledged it
  Kernel,     ///< the kernel said so
};

inline constexpr std::array<std::string_view, 5> kQualityLabels{
    "unknown", "inferred", "presumed", "confirmed", "kernel"};

enum class Protocol : std::uint8_t { Tcp, Mptcp };

inline constexpr std::array<std::string_view, 2> kProtocolLabels{"tcp",
                                                                 "mptcp"};

[[nodiscard]] constexpr std::string_view label(Quality quality) {
  return kQualityLabels[static_cast<std::size_t>(quality)];
}
[[nodiscard]] constexpr std::string_view label(Protocol protocol) {
  return kProtocolLabels[static_cast<std::size_t>(protocol)];
}

/// What kind of object the kernel keeps for the connection.
enum class SocketKind : std::uint8_t {
  Full,     ///< a socket
  Request,  ///< an unfinished handshake (TCP_NEW_SYN_RECV): no queues, no inode
  TimeWait,  ///< a minisock: TIME-WAIT, or FIN-WAIT-2 without a process
};

/// Times and byte counts of tcp_info (mptcp_info), as they were at one instant.
struct TcpTimes {
  Duration since_data_sent{};      ///< tcpi_last_data_sent
  Duration since_data_received{};  ///< tcpi_last_data_recv
  Duration since_ack_received{};   ///< tcpi_last_ack_recv
  Duration round_trip{};           ///< tcpi_rtt, smoothed
  std::uint64_t bytes_sent = 0;    ///< tcpi_bytes_sent, Linux 4.19
  std::uint64_t bytes_acked = 0;   ///< tcpi_bytes_acked, Linux 4.1
  std::uint64_t bytes_received = 0;
};

/// Which timer the kernel runs for a socket (idiag_timer).
enum class SocketTimer : std::uint8_t {
  Off,
  Retransmit,
  Keepalive,
  TimeWait,
  ZeroWindowProbe,
};

/// What the kernel says about one socket (struct inet_diag_msg and attributes).
struct SocketFacts {
  Protocol protocol = Protocol::Tcp;
  SocketKind kind = SocketKind::Full;
  SocketTimer timer = SocketTimer::Off;
  bool ipv6 = false;            ///< AF_INET6, v4-mapped addresses included
  std::uint32_t interface = 0;  ///< ifindex it is bound to, 0: none
  std::uint64_t cookie = 0;     ///< never reused, unlike inodes
  std::uint64_t inode = 0;      ///< 0: not (yet) a file, e.g. not accepted
  std::uint64_t cgroup_id = 0;  ///< of the creator (of the listener), 0 unknown
  std::uint32_t uid = 0;
  std::uint32_t receive_queue = 0;  ///< unread bytes, an unread FIN counts 1;
                                    ///< LISTEN: connections not accepted yet
  std::uint32_t send_queue = 0;     ///< bytes not acknowledged; LISTEN: backlog
  Duration timer_expires{};         ///< until `timer` fires
  std::optional<TcpTimes> times;    ///< absent for minisocks and LISTEN
};

/// One end of one connection is in state `to`. Packet backends get these from
/// the state model, kernel backends deliver them as they are.
struct StateChange {
  FourTuple tuple;
  Instant at;
  TcpState to = TcpState::Closed;
  Quality quality = Quality::Inferred;
  /// `at` is when it entered `to`, not only when it was seen there.
  bool is_moment = false;
  SocketFacts socket;

  [[nodiscard]] SocketKey key() const { return {tuple, socket.cookie}; }
};

}  // namespace tcpstated
