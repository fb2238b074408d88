// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What one segment changes in the facts about its connection. Private to this
/// room; tcp_model.hpp is the way in.

#include "tcp/conversation.hpp"
#include "tcp/model_options.hpp"
#include "tcp/pending_syns.hpp"

namespace tcpstated {

/// Told when a connection ends in the middle of a segment because a new one
/// takes its addresses: states are to be derived, and the conversation gets a
/// new id before the segment goes on.
struct RestartConversation {
  void (*restart)(void* owner, Conversation& conversation, Instant at);
  void* owner;

  void operator()(Conversation& conversation, Instant at) const {
    restart(owner, conversation, at);
  }
};

/// What the rules need beside the conversation.
struct RuleContext {
  const TcpModelOptions& options;
  PendingSyns& pending_syns;
  RestartConversation restart;
  Instant last_loss = Instant::min();  ///< packets were lost until then
};

struct SegmentVerdict {
  ChangeReason reason = ChangeReason::Segment;
  bool accepted = true;  ///< false: the receiver throws it away
};

/// Whether a segment without a connection can be the beginning of one, or show
/// one that exists already. A RST says that nothing is left of it.
[[nodiscard]] bool may_begin(TcpFlags flags);

/// Applies `segment`, sent by `conversation.ends[sender]`. The states of the
/// ends must be those after the segment before. RFC 9293 3.10.7 order: RST,
/// SYN, ACK and sequence, data, FIN.
SegmentVerdict apply_segment(Conversation& conversation, std::size_t sender,
                             const Segment& segment,
                             const RuleContext& context);

/// A router or host refused the segment `seq` of ends[sender] for good.
SegmentVerdict apply_hard_error(Conversation& conversation, std::size_t sender,
                                Seq seq);

}  // namespace tcpstated
