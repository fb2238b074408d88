// SPDX-License-Identifier: Apache-2.0
#include "tcp/conversation.hpp"

namespace tcpstated {
namespace {

bool is_known(Receipt receipt) { return receipt != Receipt::No; }

TcpState closing_state_of(const End& end) {
  const bool got_fin = is_known(end.got_fin);
  if (!is_known(end.fin_acked))
    return !got_fin            ? TcpState::FinWait1
           : end.passive_close ? TcpState::LastAck
                               : TcpState::Closing;
  if (!got_fin) return TcpState::FinWait2;
  return end.passive_close ? TcpState::Closed : TcpState::TimeWait;
}

/// Whether a FIN of this end may have passed before we began to watch: it is in
/// any state of the two on either side of that FIN.
bool may_have_closed_before(const End& end) {
  return end.met_midway && !end.sent_data && !end.sent_fin;
}

/// Whether its FIN may be on its way, or lost before us: something is missing
/// before what it sent last, or that says nothing of what it sent before.
bool may_have_closed_unseen(const End& end) {
  return is_known(end.syn_acked) && !end.sent_fin &&
         (end.sends_again || end.contiguous.before(end.next));
}

bool rests_on_presumption(const End& end) {
  if (is_known(end.dead)) return end.dead == Receipt::Presumed;
  if (may_have_closed_unseen(end)) return true;
  return end.got_syn == Receipt::Presumed ||
         end.syn_acked == Receipt::Presumed ||
         end.got_fin == Receipt::Presumed || end.fin_acked == Receipt::Presumed;
}

}  // namespace

TcpState state_of(const End& end) {
  if (is_known(end.dead) || end.expired || !end.sent_syn)
    return TcpState::Closed;
  // A server may send its FIN before the handshake is complete (RFC 7413).
  if (end.sent_fin) return closing_state_of(end);
  if (!is_known(end.syn_acked))
    return is_known(end.got_syn) ? TcpState::SynReceived : TcpState::SynSent;
  return is_known(end.got_fin) ? TcpState::CloseWait : TcpState::Established;
}

Quality quality_of(const End& end, const End& peer, bool gap) {
  if (!end.seen || (end.met_midway && !peer.seen)) return Quality::Unknown;
  if (gap || end.expired || end.fin_inferred || may_have_closed_before(end) ||
      may_have_closed_before(peer))
    return Quality::Inferred;
  if (end.local) return Quality::Confirmed;
  return rests_on_presumption(end) ? Quality::Presumed : Quality::Confirmed;
}

bool awaits_answer(const End& end) {
  return end.sent_syn && !end.sent_fin && !is_known(end.dead) &&
         !is_known(end.syn_acked) && !is_known(end.got_syn);
}

}  // namespace tcpstated
