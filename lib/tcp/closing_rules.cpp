// SPDX-License-Identifier: Apache-2.0
// FIN, seen and inferred. Source: RFC 9293 3.10.7, state-model.md A1, A4, A6.
#include "tcp/passage.hpp"

namespace tcpstated {
namespace {

/// A FIN sent again sooner than this crossed its acknowledgement.
constexpr Duration kFinCrossing = std::chrono::milliseconds(10);

}  // namespace

void Passage::receive_fin() {
  const Seq fin = segment_.seq + segment_.payload;
  if (from_.fin_inferred && from_.fin != fin) withdraw_inferred_fin();
  if (from_.sent_fin) {
    if (from_.fin != fin) return;
    from_.fin_inferred = false;
    repeat_fin();
  } else {
    from_.passive_close = decide_passive_close(fin);
    from_.sent_fin = true;
    from_.fin = fin;
    from_.last_copy = segment_.at;
    from_.copy_step = {};
    from_.next = latest(from_.next, fin + 1);
  }
  deliver_fin();
}

void Passage::repeat_fin() {
  note_copy();
  from_.fin_repeated = true;
  if (from_.fin_acked == Receipt::Presumed &&
      segment_.at - from_.heard.seen_from(segment_.at) > kFinCrossing)
    from_.fin_acked = Receipt::No;
}

/// The FIN counts once nothing is missing before it.
void Passage::deliver_fin() {
  if (from_.contiguous.before(from_.fin)) return;
  from_.contiguous = latest(from_.contiguous, from_.fin + 1);
  if (!has_closed_window(to_)) presume_fin(to_);
}

/// Whether this end, whose first FIN we see now, had the peer's before it sent
/// its own. An ACK of the peer's FIN from beyond its own FIN shows that an
/// earlier copy of the latter was missed.
bool Passage::decide_passive_close(Seq fin) const {
  if (!to_.sent_fin || !segment_.ack.after(to_.fin)) return false;
  return !from_.acked_past_fin || to_.fin_repeated || !from_.fin.after(fin);
}

/// A bare segment from one beyond all we saw: that one was the FIN.
void Passage::infer_own_fin() {
  if (!may_have_missed() || from_.sent_fin || segment_.flags.fin ||
      segment_.payload > 0 || segment_.seq != from_.next + 1)
    return;
  whole_.gap = true;
  infer_fin(from_, to_);
}

/// `end` sent one more than we saw. If data follows, it was data after all.
void Passage::infer_fin(End& end, End& peer) {
  end.sent_fin = end.fin_inferred = true;
  end.fin = end.next;
  end.last_copy = segment_.at;
  end.copy_step = {};
  end.passive_close = peer.sent_fin && end.got_fin != Receipt::No;
  // The FIN that answers one acknowledges it.
  if (end.passive_close && peer.fin_acked == Receipt::No) {
    peer.fin_acked = receipt_of(peer);
    peer.heard = segment_.at;
  }
}

void Passage::withdraw_inferred_fin() {
  from_.sent_fin = from_.fin_inferred = from_.passive_close = false;
  from_.fin_acked = to_.got_fin = Receipt::No;
  from_.acked_past_fin = to_.acked_past_fin = false;
}

}  // namespace tcpstated
