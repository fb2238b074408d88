// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What passed over one connection: counts, times and its course in letters.
/// Kept for reports about files; no state depends on it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "tcp/change_reason.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

enum class CloseMethod : std::uint8_t {
  Open,  ///< not closed, as far as we saw
  Fin,
  Reset,
  Timeout,      ///< given up without a word
  Unreachable,  ///< refused by ICMP
};

inline constexpr std::array<std::string_view, 5> kCloseMethodLabels{
    "open", "fin", "reset", "timeout", "unreachable"};

[[nodiscard]] constexpr std::string_view label(CloseMethod method) {
  return kCloseMethodLabels[static_cast<std::size_t>(method)];
}

/// Of what one end sent.
struct EndTraffic {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;            ///< of payload, each counted once
  std::uint64_t retransmissions = 0;  ///< segments with nothing new in them
  std::optional<Seq> isn;             ///< of its SYN, if that was seen
  bool seen : 1 = false;
  bool syn : 1 = false;
  bool syn_ack : 1 = false;
  bool fin : 1 = false;
  bool rst : 1 = false;
  bool more_than_syn : 1 = false;  ///< anything after its SYN but RST
  bool partial : 1 = false;        ///< the first we saw of it was no SYN
};

struct Traffic {
  std::array<EndTraffic, 2> ends;
  std::uint8_t originator = 0;  ///< index of the end that opened, as it seems
  CloseMethod closed = CloseMethod::Open;
  std::uint8_t closed_by = 0;  ///< meaningful if Fin or Reset: who was first
  bool fin_before_reset = false;
  Instant first_seen;
  std::optional<Instant> syn_at;
  std::optional<Duration> handshake;  ///< first SYN to the ACK of the SYN-ACK
  /// Zeek's letters, upper case for the originator: S SYN, H SYN-ACK, A ACK,
  /// D data, F FIN, R RST, T retransmission, W zero window, Q odd flags, I FIN
  /// with RST; each once per direction. ^: the responder was seen first.
  std::string history;
};

/// One segment of `ends[sender]`. `next_before` is the sequence number after
/// everything it sent before; nullopt if it had not sent anything.
void note_segment(Traffic& traffic, std::size_t sender, const Segment& segment,
                  std::optional<Seq> next_before);

/// Both ends are closed now, for this reason.
void note_closed(Traffic& traffic, ChangeReason reason);

/// Zeek's verdict about the connection: "SF", "S0", "REJ" ...
[[nodiscard]] std::string_view conn_state(const Traffic& traffic);

}  // namespace tcpstated
