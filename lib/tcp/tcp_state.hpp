// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The eleven states of RFC 9293 and everything that has a name for them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tcpstated {

/// The states of RFC 9293 section 3.3.2, in its order, CLOSED first.
enum class TcpState : std::uint8_t {
  Closed,
  Listen,
  SynSent,
  SynReceived,
  Established,
  FinWait1,
  FinWait2,
  CloseWait,
  Closing,
  LastAck,
  TimeWait,
};

inline constexpr std::size_t kTcpStateCount = 11;

/// One row per state. Metrics, JSON, pages, the kernel decoder and the tests
/// all read this table and no other.
struct TcpStateInfo {
  TcpState state;
  std::string_view label;     ///< metric label and JSON value
  std::string_view rfc_name;  ///< as RFC 9293 writes it
  std::uint8_t kernel;        ///< include/net/tcp_states.h
  std::string_view meaning;   ///< one sentence for people
  std::string_view normal;    ///< what is normal, and what to do if it is not
};

[[nodiscard]] constexpr std::size_t index(TcpState state) {
  return static_cast<std::size_t>(state);
}

inline constexpr std::array<TcpStateInfo, kTcpStateCount> kTcpStates{{
    {TcpState::Closed, "closed", "CLOSED", 7,
     "There is no connection; the socket left every table of the kernel.",
     "0. More means descriptors that are still open after a reset: the "
     "process must close them."},
    {TcpState::Listen, "listen", "LISTEN", 10,
     "A server socket waits for connections.",
     "One per served address and port. Watch the accept queue at /listeners."},
    {TcpState::SynSent, "syn_sent", "SYN-SENT", 2,
     "This host asked for a connection and has no answer yet.",
     "A few, for milliseconds. Many mean that a peer is down or a firewall "
     "drops packets silently."},
    {TcpState::SynReceived, "syn_received", "SYN-RECEIVED", 3,
     "A peer asked for a connection; the handshake is not finished.",
     "A few. Many mean a SYN flood or lost packets on the way back."},
    {TcpState::Established, "established", "ESTABLISHED", 1,
     "The connection is open in both directions.",
     "As many as the host has work and pooled connections."},
    {TcpState::FinWait1, "fin_wait_1", "FIN-WAIT-1", 4,
     "This host closed; the peer has not acknowledged that yet.",
     "A few, for one round trip. Many mean that peers vanished with data "
     "still unsent."},
    {TcpState::FinWait2, "fin_wait_2", "FIN-WAIT-2", 5,
     "This host closed and the peer knows; the peer has not closed yet.",
     "Some. The kernel forgets those without a process after 60 s; many "
     "mean that the peers leak CLOSE-WAIT sockets."},
    {TcpState::CloseWait, "close_wait", "CLOSE-WAIT", 8,
     "The peer closed; the local application has not closed yet.",
     "Few, and young. One that stays was forgotten by its application: "
     "see /leaks."},
    {TcpState::Closing, "closing", "CLOSING", 11,
     "Both sides closed at the same moment; one acknowledgement is missing.",
     "Nearly always 0."},
    {TcpState::LastAck, "last_ack", "LAST-ACK", 9,
     "The peer closed first, then this host; the last acknowledgement is "
     "missing.",
     "A few, for one round trip."},
    {TcpState::TimeWait, "time_wait", "TIME-WAIT", 6,
     "Both sides closed; the address pair rests so that old packets die out.",
     "Normal, for 60 s on Linux (RFC 9293: 4 minutes). No process holds it."},
}};

// The table is indexed by the enumerator; a row out of place would lie.
static_assert([] {
  for (std::size_t i = 0; i < kTcpStateCount; ++i)
    if (index(kTcpStates[i].state) != i) return false;
  return true;
}());

[[nodiscard]] constexpr const TcpStateInfo& info(TcpState state) {
  return kTcpStates[index(state)];
}

[[nodiscard]] constexpr std::string_view label(TcpState state) {
  return info(state).label;
}

/// TCP_NEW_SYN_RECV (12) is a request socket: SYN-RECEIVED to everyone but the
/// kernel. TCP_BOUND_INACTIVE (13, Linux 6.8) has no peer and is in no state of
/// RFC 9293: nullopt, like every value unknown.
[[nodiscard]] constexpr std::optional<TcpState> from_kernel(
    std::uint8_t value) {
  if (value == 12) return TcpState::SynReceived;
  for (const TcpStateInfo& row : kTcpStates)
    if (row.kernel == value) return row.state;
  return std::nullopt;
}

/// Any spelling people type, in any case, with '-' or '_': RFC 9293's,
/// netstat's, ss's, Linux's and node_exporter's.
[[nodiscard]] std::optional<TcpState> parse_state(std::string_view text);

}  // namespace tcpstated
