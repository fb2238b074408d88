// SPDX-License-Identifier: Apache-2.0
#include "tcp/state_ledger.hpp"

namespace tcpstated {
namespace {

/// Whether the same state is worth telling again. A hole in the data of the far
/// end makes any state of it doubtful for a moment; only of CLOSE-WAIT, which
/// raises alarms, is that told.
bool is_news(TcpState state, Quality told, Quality now) {
  if (state == TcpState::Closed) return false;
  return state == TcpState::CloseWait ? now != told : now > told;
}

}  // namespace

void StateLedger::count(const End& end, bool there) {
  if (end.quality == Quality::Unknown || end.state == TcpState::Closed) return;
  auto& states = end.local ? counts_.local : counts_.remote;
  states[index(end.state)] += there ? 1 : std::uint64_t(-1);
}

void StateLedger::settle(Conversation& conversation, std::size_t first,
                         Instant at, ChangeReason reason) {
  for (const std::size_t i : {first, 1 - first}) {
    End& end = conversation.ends[i];
    const TcpState to = state_of(end);
    const Quality quality =
        quality_of(end, conversation.ends[1 - i], conversation.gap);
    const bool moved = to != end.state;
    if (!moved && !is_news(to, end.quality, quality)) continue;
    count(end, false);
    const TcpState from = end.state;
    end.state = to;
    end.quality = quality;
    count(end, true);
    if (moved) end.since = at;
    changes_->push_back(
        {.connection = conversation.id,
         .tuple = {conversation.endpoints[i], conversation.endpoints[1 - i]},
         .at = at,
         .from = from,
         .to = to,
         .quality = quality,
         .reason = reason,
         .local = end.local});
  }
}

void StateLedger::relocate(End& end, bool local) {
  count(end, false);
  end.local = local;
  count(end, true);
}

}  // namespace tcpstated
