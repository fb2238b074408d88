// SPDX-License-Identifier: Apache-2.0
// Data and acknowledgements. Source: RFC 9293 3.4 and 3.10.7, as Linux does it
// (state-model.md A2, A4, verified there against 6.18).
#include "tcp/passage.hpp"

namespace tcpstated {

SegmentVerdict Passage::on_ack() {
  if (!from_.sent_syn && !to_.sent_syn) return meet_midway();
  if (from_.dead != Receipt::No) return ignored();
  if (whole_.is_over() && !from_.expired) return ignored();
  restart_time_wait();
  if (!from_.sent_syn && !prove_own_syn_ack()) return ignored();
  if (!from_.seen && from_.met_midway) take_up();
  if (awaits_answer(to_))
    return ignored();  // only its own next ACK says that it got a SYN-ACK
  if (awaits_answer(from_) && !prove_syn_ack()) return ignored();
  if (!take_ack_number()) return ignored();
  if (!is_in_window()) return ignored();
  from_.seen = true;
  from_.expired = false;
  // All that a local end sends passes us: what is missing was lost here.
  if (from_.local && segment_.seq.after(from_.contiguous)) whole_.gap = true;
  infer_own_fin();
  acknowledge();
  receive_data();
  if (segment_.flags.fin) receive_fin();
  note_window();
  return accepted();
}

/// false: it acknowledges what was never sent, and is thrown away.
bool Passage::take_ack_number() {
  if (!segment_.ack.after(to_.next)) return true;
  // It would have been seen, as long as nothing was lost here.
  if (to_.local && !may_have_missed()) return false;
  if (segment_.ack - to_.next > kMaxJump) return false;
  if (to_.sent_fin && !to_.fin_inferred) return false;
  whole_.gap = true;
  if (!to_.sent_fin && segment_.ack == to_.next + 1) infer_fin(to_, from_);
  to_.next = to_.contiguous = segment_.ack;
  return true;
}

/// As tcp_sequence() has it. RCV.NXT of the receiver is known to lie between
/// `acked` and `contiguous` of the sender.
bool Passage::is_in_window() const {
  if (segment_.end().before(from_.acked)) return false;
  if (from_.local) return true;
  return !segment_.seq.after(from_.contiguous + to_.window());
}

void Passage::acknowledge() {
  const Seq ack = segment_.ack;
  const bool beyond_proof = ack.after(from_.proof);
  from_.got_syn = Receipt::Confirmed;
  // Only a server with RFC 7413 goes on before it has its last ACK.
  const bool goes_on_early = from_.sent_syn_ack && to_.sent_early_data;
  if (from_.syn_acked == Receipt::Presumed && (!goes_on_early || beyond_proof))
    from_.syn_acked = Receipt::Confirmed;
  if (from_.fin_acked == Receipt::Presumed && beyond_proof)
    from_.fin_acked = Receipt::Confirmed;
  if (to_.syn_acked == Receipt::No && ack.after(to_.isn)) {
    to_.syn_acked = receipt_of(to_);
    to_.proof = from_.next;
  }
  if (from_.sent_fin && ack.after(to_.acked)) from_.reads_on = true;
  to_.acked = latest(to_.acked, ack);
  to_.contiguous = latest(to_.contiguous, ack);
  if (to_.sent_fin && ack.after(to_.fin)) acknowledge_fin();
}

void Passage::acknowledge_fin() {
  if (to_.fin_acked == Receipt::No) {
    to_.fin_acked = receipt_of(to_);
    to_.proof = from_.next;
  }
  to_.heard = segment_.at;
  from_.got_fin = Receipt::Confirmed;
  if (from_.sent_fin) return;
  if (!from_.acked_past_fin || segment_.seq.after(from_.fin))
    from_.fin = segment_.seq;
  from_.acked_past_fin = true;
}

void Passage::receive_data() {
  const Seq begin = segment_.seq;
  const Seq end = begin + segment_.payload;
  if (from_.sent_fin && end.after(from_.fin)) {
    if (!from_.fin_inferred || segment_.payload == 0) return;
    withdraw_inferred_fin();
  }
  if (segment_.payload > 0 && end.after(from_.next)) from_.sent_data = true;
  from_.sends_again = segment_.payload > 0 && begin.before(from_.next);
  from_.next = latest(from_.next, segment_.end());
  // A hole: on its way, or lost before us.
  if (!from_.local && begin.after(from_.contiguous)) return;
  from_.contiguous = latest(from_.contiguous, end);
  if (from_.sent_fin) deliver_fin();
}

void Passage::note_window() {
  const bool unscaled = from_.met_midway || to_.met_midway;
  const bool scaled = from_.scales_window && to_.scales_window;
  if (unscaled)
    from_.offer_unknown();
  else if (!segment_.ack.before(to_.acked))  // not overtaken by a newer one
    from_.offer(segment_.window, scaled ? from_.window_scale : 0);
  from_.has_sack_edge = segment_.options.has_sack;
  if (from_.has_sack_edge) from_.sack_edge = segment_.options.sack_edge;
  if (segment_.options.has_timestamp)
    from_.timestamp = segment_.options.timestamp;
}

/// tcp_timewait_state_process() starts 2 MSL anew for every ACK.
void Passage::restart_time_wait() {
  if (to_.state == TcpState::TimeWait) to_.heard = segment_.at;
}

}  // namespace tcpstated
