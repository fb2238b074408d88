// SPDX-License-Identifier: Apache-2.0
// SYN, SYN-ACK, and connections whose beginning was not seen. Source: RFC 9293
// 3.10.7, RFC 5961 4, RFC 6191, RFC 7413, as Linux does it (state-model.md A4,
// verified there against 6.18).
#include <algorithm>

#include "tcp/passage.hpp"

namespace tcpstated {
namespace {

constexpr std::uint8_t kMaxWindowScale = 14;  // RFC 7323 2.3
/// A copy of a SYN-ACK sooner than this does not say that the ACK was lost.
constexpr Duration kSynAckAgain = std::chrono::milliseconds(150);
/// An ACK further beyond what a client was seen to send belongs to an older
/// connection: the answer to a SYN that came unexpectedly.
constexpr std::int32_t kFirstFlight = 64 * 1024;

}  // namespace

/// The first SYN or SYN-ACK of an end that has no history.
void Passage::begin() {
  from_.sent_syn = from_.seen = true;
  from_.isn = segment_.seq;
  from_.next = segment_.end();
  // Nobody need take the data in a SYN; the ACK will say.
  from_.contiguous = segment_.flags.ack ? segment_.end() : segment_.seq + 1;
  from_.acked = segment_.seq;
  from_.last_copy = segment_.at;
  from_.sent_early_data = segment_.payload > 0;
  read_syn_options();
}

void Passage::read_syn_options() {
  from_.scales_window = segment_.options.has_window_scale;
  from_.window_scale =
      std::min(segment_.options.window_scale, kMaxWindowScale) & 15U;
  from_.offer(segment_.window, 0);  // never scaled in a SYN
  from_.timestamp = segment_.options.timestamp;
}

void Passage::begin_again() {
  context_.restart(whole_, segment_.at);
  begin();
}

SegmentVerdict Passage::on_syn() {
  const bool same = from_.sent_syn && from_.isn == segment_.seq;
  const bool from_is_dead = from_.dead != Receipt::No;
  if (same && from_.met_midway && !from_is_dead) return see_late_syn();
  if (same && !to_.sent_syn && !from_is_dead) return repeat_syn();
  if (to_.state == TcpState::Closed) {
    if (same && from_.state != TcpState::Closed)
      return ignored();  // came late; what it began is over
    if (from_.sent_syn || to_.sent_syn)
      begin_again();
    else
      begin();
    return accepted();
  }
  if (same && !from_is_dead) return repeat_syn();
  if (!from_.sent_syn && awaits_answer(to_)) return on_simultaneous_open();
  const bool reopens = to_.state == TcpState::TimeWait && may_reopen();
  // The old socket of a local sender is gone, whatever its peer thinks.
  if (reopens || from_.local) {
    begin_again();
    return accepted();
  }
  whole_.has_pending_syn = true;
  context_.pending_syns.put(whole_.id, segment_);
  return ignored();
}

/// Once more the same SYN, SYN-ACK or FIN. How long after the copy before.
Duration Passage::note_copy() {
  const Duration step = segment_.at - from_.last_copy.seen_from(segment_.at);
  from_.copy_step = step;
  from_.last_copy = segment_.at;
  return step;
}

/// The SYN that its answer had made us assume.
SegmentVerdict Passage::see_late_syn() {
  from_.met_midway = false;
  from_.seen = true;
  read_syn_options();
  return accepted();
}

SegmentVerdict Passage::repeat_syn() {
  from_.expired = false;
  if (!from_.sent_fin) note_copy();
  return accepted();
}

SegmentVerdict Passage::on_simultaneous_open() {
  begin();
  presume_syn(from_);
  presume_syn(to_);
  return accepted();
}

/// RFC 1122 4.2.2.13, RFC 6191: a SYN newer than what TIME-WAIT remembers.
bool Passage::may_reopen() const {
  if (segment_.seq.after(from_.contiguous)) return true;
  return segment_.options.has_timestamp && from_.timestamp != 0 &&
         Seq{from_.timestamp}.before(Seq{segment_.options.timestamp});
}

const Segment* Passage::pending_syn() const {
  return whole_.has_pending_syn ? context_.pending_syns.find(whole_.id)
                                : nullptr;
}

bool Passage::answers_pending_syn() const {
  const Segment* const pending = pending_syn();
  return pending != nullptr && pending->from == segment_.to &&
         segment_.flags.ack && segment_.ack == pending->seq + 1;
}

void Passage::accept_pending_syn() {
  const Segment pending = *pending_syn();
  context_.restart(whole_, segment_.at);
  Passage(whole_, 1 - sender_, pending, context_).begin();
}

SegmentVerdict Passage::on_syn_ack() {
  if (answers_pending_syn()) accept_pending_syn();
  if (!to_.sent_syn) assume_syn();
  if (to_.dead != Receipt::No) return ignored();
  if (!segment_.ack.after(to_.isn) || segment_.ack.after(to_.next))
    return ignored();  // answered by RST, which closes nothing
  if (from_.sent_syn && from_.isn != segment_.seq) {
    if (!awaits_answer(to_) || from_.sent_fin) return ignored();
    from_ = without_history(from_);
  }
  const TcpState before = from_.state;
  if (from_.sent_syn_ack)
    repeat_syn_ack();
  else if (!from_.sent_syn)
    begin();
  from_.sent_syn_ack = from_.seen = true;
  from_.expired = false;
  from_.got_syn = Receipt::Confirmed;
  if (to_.syn_acked == Receipt::No) {
    to_.syn_acked = receipt_of(to_);
    presume_syn(to_);
  }
  to_.acked = latest(to_.acked, segment_.ack);
  to_.contiguous = latest(to_.contiguous, segment_.ack);
  const bool was_open = before == TcpState::Established ||  //
                        before == TcpState::CloseWait;
  return accepted(was_open && from_.syn_acked == Receipt::No
                      ? ChangeReason::AckLost
                      : ChangeReason::Segment);
}

/// The same SYN-ACK once more. Long after the ACK that completes the handshake
/// passed, it means that this ACK was not taken.
void Passage::repeat_syn_ack() {
  const bool data_acked = to_.acked.after(to_.isn + 1);
  if (!from_.sent_fin && note_copy() > kSynAckAgain && !data_acked)
    from_.syn_acked = Receipt::No;
  if (to_.got_syn == Receipt::Presumed) presume_syn(to_);
}

/// A SYN-ACK whose SYN we did not see.
void Passage::assume_syn() {
  to_.sent_syn = to_.met_midway = true;
  to_.isn = Seq{segment_.ack.raw - 1};
  to_.next = to_.contiguous = to_.acked = segment_.ack;
  to_.last_copy = segment_.at;
  to_.offer_unknown();
}

/// The first segment we see of a connection that exists already.
SegmentVerdict Passage::meet_midway() {
  for (End* end : {&from_, &to_}) {
    end->sent_syn = end->met_midway = true;
    end->syn_acked = end->got_syn = Receipt::Confirmed;
    end->offer_unknown();
  }
  to_.next = to_.contiguous = to_.acked = segment_.ack;
  to_.isn = Seq{segment_.ack.raw - 1};
  take_up();
  receive_data();
  if (segment_.flags.fin) receive_fin();
  return accepted();
}

/// The first segment of an end that was only known from the other's ACKs.
void Passage::take_up() {
  from_.seen = true;
  const bool known = from_.next != Seq{};
  if (known && !from_.next.before(segment_.seq) &&
      !segment_.seq.before(from_.acked))
    return;
  from_.isn = Seq{segment_.seq.raw - 1};
  from_.next = from_.contiguous = from_.acked = segment_.seq;
}

/// A server beside us goes on after a SYN-ACK that we did not see.
bool Passage::prove_own_syn_ack() {
  if (!from_.local || !segment_.ack.after(to_.isn) ||
      segment_.ack - to_.next > kFirstFlight)
    return false;
  whole_.gap = true;
  from_.sent_syn = from_.sent_syn_ack = from_.met_midway = true;
  from_.got_syn = from_.syn_acked = Receipt::Confirmed;
  from_.offer_unknown();
  from_.last_copy = segment_.at;
  take_up();
  to_.got_syn = to_.syn_acked = Receipt::Confirmed;
  return true;
}

/// An ACK from SYN-SENT that counts its own SYN: it got a SYN-ACK, even if we
/// did not see it.
bool Passage::prove_syn_ack() {
  if (segment_.seq.before(from_.isn + 1)) return false;
  if (!to_.sent_syn && to_.local) return false;  // we would have seen its own
  from_.syn_acked = Receipt::Confirmed;
  if (to_.sent_syn) return true;
  whole_.gap = true;
  to_.sent_syn = to_.sent_syn_ack = to_.met_midway = true;
  to_.got_syn = Receipt::Confirmed;
  to_.isn = Seq{segment_.ack.raw - 1};
  to_.next = to_.contiguous = to_.acked = segment_.ack;
  to_.offer_unknown();
  to_.last_copy = segment_.at;
  return true;
}

}  // namespace tcpstated
