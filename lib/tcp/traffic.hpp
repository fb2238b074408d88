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

/// How far an end has come, as coarsely as conn_state() distinguishes it. Not
/// its state: nothing is checked, any RST resets.
enum class Stage : std::uint8_t {
  Unseen,
  Partial,  ///< met in the middle
  SynSent,
  Established,
  Fin,    ///< sent one
  Reset,  ///< sent a RST
};

/// Of what one end sent.
struct EndTraffic {
  std::uint64_t segments = 0;
  /// Of payload, each once; what was lost before us in between counts too.
  std::uint64_t bytes = 0;
  /// Segments with nothing new in them, keepalive probes excepted. Those that
  /// were overtaken on the way cannot be told from them.
  std::uint64_t retransmissions = 0;
  std::uint64_t again = 0;         ///< retransmissions with payload, for T
  std::uint64_t zero_windows = 0;  ///< segments that closed the window, for W
  std::optional<Seq> isn;          ///< of its SYN, if that was seen
  std::optional<Seq> counted;      ///< `bytes` ends here
  /// Of its last SYN, FIN, RST: another number is another letter.
  std::array<std::optional<Seq>, 3> marks;
  Stage stage = Stage::Unseen;
  Stage stage_before = Stage::Unseen;
  bool syn_ack = false;
};

struct Traffic {
  std::array<EndTraffic, 2> ends;
  std::uint8_t originator = 0;  ///< index of the end that opened, as it seems
  CloseMethod closed = CloseMethod::Open;
  std::uint8_t closed_by = 0;  ///< meaningful if Fin or Reset: who was first
  Instant first_seen;
  std::optional<Instant> syn_at;
  std::optional<Duration> handshake;  ///< first SYN to the ACK of the SYN-ACK
  /// Zeek's letters, upper case for the originator: S SYN, H SYN-ACK, A ACK
  /// alone, D data, F FIN, R RST, I FIN with RST, Q SYN with FIN or RST, W zero
  /// window, T payload again; ^: the responder was seen first. S H F R are
  /// repeated for another sequence number, W and T for the 10th, 100th ...
  std::string history;
};

/// One segment of `ends[sender]`. `next_before` is the sequence number after
/// everything it sent before; nullopt if it had not sent anything. What is not
/// `accepted` by its receiver closes nothing.
void note_segment(Traffic& traffic, std::size_t sender, const Segment& segment,
                  std::optional<Seq> next_before, bool accepted = true);

/// Both ends are closed now, for this reason.
void note_closed(Traffic& traffic, ChangeReason reason);

/// Zeek's verdict about the connection: "SF", "S0", "REJ" ...
[[nodiscard]] std::string_view conn_state(const Traffic& traffic);

}  // namespace tcpstated
