// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What was seen of one connection: a few facts about each end, from which its
/// state follows. There is no machine that could be in an impossible state, and
/// nothing depends on the order in which segments passed.
///
/// Private to this room. Source: RFC 9293 3.3.2; state-model.md A1, A2.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "tcp/change_reason.hpp"
#include "tcp/compact_time.hpp"
#include "tcp/endpoint.hpp"
#include "tcp/eviction.hpp"
#include "tcp/segment.hpp"
#include "tcp/state_change.hpp"
#include "tcp/tcp_state.hpp"

namespace tcpstated {

/// How far something has come that only the endpoint itself can confirm.
enum class Receipt : std::uint8_t {
  No,
  Presumed,   ///< it passed us on its way
  Confirmed,  ///< the endpoint's own segments show it, or we sit beside it
};

/// One end of a connection. "Peer" is the other end of the same. 60 bytes, for
/// there may be millions.
struct End {
  // Facts.
  bool sent_syn : 1 = false;  ///< or it must have: seen in the middle
  bool sent_syn_ack : 1 = false;
  bool sent_fin : 1 = false;
  bool expired : 1 = false;  ///< a timer says that it is gone; its next segment
                             ///< would prove that wrong
  bool passive_close : 1 =
      false;                  ///< had the peer's FIN before it sent its own
  bool reads_on : 1 = false;  ///< acknowledged something new after its own FIN
  // Circumstances.
  bool local : 1 = false;        ///< what is captured towards it, it received
  bool seen : 1 = false;         ///< sent anything at all
  bool met_midway : 1 = false;   ///< its SYN was not seen
  bool sent_data : 1 = false;    ///< new data, while we watched
  bool sends_again : 1 = false;  ///< its last data was no new data
  bool sent_early_data : 1 = false;  ///< in its SYN (RFC 7413)
  bool scales_window : 1 = false;    ///< sent the option
  bool has_sack_edge : 1 = false;
  bool acked_past_fin : 1 = false;  ///< see decide_passive_close()
  bool fin_inferred : 1 = false;    ///< its FIN was not seen

  Receipt got_syn : 2 = Receipt::No;    ///< the peer's
  Receipt syn_acked : 2 = Receipt::No;  ///< got the ACK of its own
  Receipt got_fin : 2 = Receipt::No;
  Receipt fin_acked : 2 = Receipt::No;
  Receipt dead : 2 = Receipt::No;  ///< by RST or ICMP, or superseded
  Quality quality : 3 =            //
      Quality::Unknown;            ///< as last told
  bool fin_repeated : 1 = false;   ///< more than one copy was seen
  TcpState state : 4 =             //
      TcpState::Closed;            ///< as last told
  std::uint8_t window_scale : 4 = 0;
  std::uint8_t window_shift : 4 = 0;  ///< of window_units
  std::uint16_t window_units = 0;

  Seq isn;
  Seq next;        ///< highest sequence number it sent, and one
  Seq contiguous;  ///< up to here everything passed: the most the peer can have
  Seq acked;       ///< highest ACK the peer sent: the least the peer has
  Seq fin;         ///< sequence number of its FIN; before it sent one: highest
                   ///< of its segments that acked the peer's
  Seq sack_edge;   ///< right edge of the last SACK it sent
  Seq proof;  ///< an ACK beyond this shows that it got the acknowledgement of
              ///< its SYN (or FIN) too: the peer sent nothing so far without
  std::uint32_t timestamp = 0;

  CompactInstant since;  ///< in `state`
  Stamp last_copy;       ///< of its SYN or SYN-ACK; once it sent a FIN: of that
  Pause copy_step;       ///< between the last two copies
  Stamp heard;           ///< what it presumably got, or has to keep in mind in
                         ///< TIME-WAIT, passed last

  /// It offers so much.
  [[nodiscard]] std::uint32_t window() const {
    return std::uint32_t{window_units} << window_shift;
  }
  void offer(std::uint16_t units, std::uint8_t shift) {
    window_units = units;
    window_shift = shift & 15U;
  }
  /// Without the scale of its SYN a window may mean up to 2^24.
  void offer_unknown() { offer(1U << 10U, 14); }
};
static_assert(sizeof(End) == 60);

/// As if `end` had not sent anything; what was told of it stays told.
[[nodiscard]] inline End without_history(const End& end) {
  End fresh;
  fresh.local = end.local;
  fresh.state = end.state;
  fresh.quality = end.quality;
  fresh.since = end.since;
  return fresh;
}

/// 176 bytes.
struct Conversation {
  std::uint64_t id = 0;
  Instant last_seen;
  std::array<End, 2> ends;
  std::array<Endpoint, 2> endpoints;  ///< in their order
  std::uint16_t list = 0;  ///< of the agenda, which knows what it means
  EvictionClass eviction =
      EvictionClass::Unanswered;     ///< in which the agenda has it
  bool gap : 1 = false;              ///< something was sent that we did not see
  bool has_pending_syn : 1 = false;  ///< see PendingSyns
  bool in_use : 1 = false;           ///< by the table
  bool listed : 1 = false;           ///< in the agenda

  [[nodiscard]] bool is_over() const {
    return ends[0].state == TcpState::Closed &&
           ends[1].state == TcpState::Closed;
  }
};

/// The state of an endpoint, as a function of the facts about it. Pure.
[[nodiscard]] TcpState state_of(const End& end);

/// How sure that is. Pure.
[[nodiscard]] Quality quality_of(const End& end, const End& peer, bool gap);

/// Whether it asked for a connection and has had no answer: RFC 9293 SYN-SENT,
/// whether or not a timer believes that it gave up.
[[nodiscard]] bool awaits_answer(const End& end);

}  // namespace tcpstated
