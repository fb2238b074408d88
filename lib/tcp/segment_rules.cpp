// SPDX-License-Identifier: Apache-2.0
#include "tcp/segment_rules.hpp"

#include "tcp/passage.hpp"

namespace tcpstated {

SegmentVerdict Passage::apply() {
  const TcpFlags flags = segment_.flags;
  if (flags.rst) return on_reset();
  if (flags.syn && flags.fin) return on_syn_fin();
  if (flags.syn && !flags.ack) return on_syn();
  if (flags.syn) return on_syn_ack();
  // RFC 9293 3.10.7.4: without ACK it is dropped in every state.
  if (!flags.ack) return ignored();
  return on_ack();
}

void Passage::presume_syn(End& end) const {
  if (end.got_syn == Receipt::Confirmed) return;
  end.got_syn = receipt_of(end);
  end.heard = segment_.at;
}

void Passage::presume_fin(End& end) const {
  if (end.got_fin == Receipt::Confirmed) return;
  end.got_fin = receipt_of(end);
  end.heard = segment_.at;
}

bool may_begin(TcpFlags flags) {
  if (flags.rst) return false;
  return flags.syn ? !flags.fin : flags.ack;
}

SegmentVerdict apply_segment(Conversation& conversation, std::size_t sender,
                             const Segment& segment,
                             const RuleContext& context) {
  return Passage(conversation, sender, segment, context).apply();
}

SegmentVerdict apply_hard_error(Conversation& conversation, std::size_t sender,
                                Seq seq) {
  const End& from = conversation.ends[sender];
  const bool opening =
      from.state == TcpState::SynSent || from.state == TcpState::SynReceived;
  if (!opening || seq.before(from.isn) || seq.after(from.next))
    return {.accepted = false};
  for (End& end : conversation.ends) end.dead = receipt_of(end);
  return {.reason = ChangeReason::HardError};
}

}  // namespace tcpstated
