// SPDX-License-Identifier: Apache-2.0
#include "tcp/eviction.hpp"

#include "tcp/conversation.hpp"

namespace tcpstated {
namespace {

bool is_opening(TcpState state) {
  return state == TcpState::SynSent || state == TcpState::SynReceived;
}

bool rests(TcpState state) {
  return state == TcpState::Closed || state == TcpState::TimeWait;
}

}  // namespace

EvictionClass eviction_class_of(const Conversation& conversation) {
  const End& a = conversation.ends[0];
  const End& b = conversation.ends[1];
  if (!a.seen || !b.seen) return EvictionClass::Unanswered;
  if (a.state == TcpState::Established && b.state == TcpState::Established)
    return EvictionClass::Established;
  if (conversation.is_over()) return EvictionClass::Closed;
  if (rests(a.state) && rests(b.state)) return EvictionClass::TimeWait;
  const bool opening = is_opening(a.state) || is_opening(b.state);
  const bool closing = a.sent_fin || b.sent_fin;
  return opening && !closing ? EvictionClass::HalfOpen
                             : EvictionClass::HalfClosed;
}

}  // namespace tcpstated
