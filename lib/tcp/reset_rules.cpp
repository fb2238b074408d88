// SPDX-License-Identifier: Apache-2.0
// RST. Source: RFC 9293 3.10.7, RFC 5961 3.2, as Linux does it (state-model.md
// A4, verified there against 6.18).
#include "tcp/passage.hpp"

namespace tcpstated {

SegmentVerdict Passage::on_reset() {
  if (!from_.sent_syn && !to_.sent_syn) return ignored();
  if (answers_pending_syn()) return kill_both(ChangeReason::Reset);
  if (awaits_answer(to_)) {
    const bool answers = segment_.flags.ack && segment_.ack.after(to_.isn) &&
                         !segment_.ack.after(to_.next);
    return answers ? kill_both(ChangeReason::Refused) : ignored();
  }
  if (awaits_answer(from_) &&
      (segment_.seq.before(from_.isn) || segment_.seq.after(from_.next)))
    return ignored();  // the answer to an unacceptable ACK
  if (is_acceptable_reset()) return kill_both(ChangeReason::Reset);
  // From SYN-RECEIVED too it may answer an unacceptable ACK. Later only an end
  // that is gone sends one, whether or not the peer believes it.
  if (from_.syn_acked == Receipt::No) return ignored();
  if (from_.local) {
    from_.dead = Receipt::Confirmed;
    return accepted(ChangeReason::Reset);
  }
  // In the window, it is challenged. If it is genuine, something is missing.
  const Seq edge = from_.contiguous + to_.window();
  if (segment_.seq.after(from_.next) && !segment_.seq.after(edge))
    from_.next = segment_.seq;
  return ignored();
}

/// Whether RCV.NXT of `end` is known: the end of what passed us on its way.
/// Elsewhere, or with a full buffer, some of that may not have been taken.
bool Passage::knows_all_received(const End& end) const {
  return end.local && !may_have_missed() && !has_closed_window(end);
}

/// RCV.NXT, the right edge of the last SACK, and RCV.NXT - 1 once the FIN was
/// received (tcp_reset_check).
bool Passage::is_acceptable_reset() const {
  const Seq seq = segment_.seq;
  if (knows_all_received(to_)) {
    if (seq == from_.contiguous) return true;
  } else if (!seq.before(from_.acked) && !seq.after(from_.next)) {
    return true;
  }
  if (to_.state == TcpState::TimeWait) return false;
  if (to_.got_fin != Receipt::No && seq == from_.fin) return true;
  return to_.has_sack_edge && seq == to_.sack_edge;
}

SegmentVerdict Passage::kill_both(ChangeReason reason) {
  from_.dead = Receipt::Confirmed;
  to_.dead = receipt_of(to_);
  return accepted(reason);
}

/// Nothing to every state but TIME-WAIT, where Linux takes a newer one for a
/// SYN, finds no listener that wants it, and is rid of the bucket.
SegmentVerdict Passage::on_syn_fin() {
  if (to_.state != TcpState::TimeWait || !may_reopen()) return ignored();
  to_.dead = receipt_of(to_);
  return accepted(ChangeReason::Reset);
}

}  // namespace tcpstated
