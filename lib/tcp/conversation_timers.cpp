// SPDX-License-Identifier: Apache-2.0
// Source: state-model.md A5 to A7.
#include "tcp/conversation_timers.hpp"

#include <algorithm>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// A SYN is sent again after twice the last pause, first after 1 s (RFC 6298
/// 2.1; elsewhere perhaps 3 s, RFC 2988); a quarter more, and it was given up.
Instant syn_given_up(const End& end, Instant last_copy,
                     const TcpModelOptions& options) {
  const Duration first = end.local ? 1s : 3s;
  const Duration slot = std::max(first, 2 * Duration(end.copy_step));
  return std::min(Instant(end.since) + options.syn_sent,
                  last_copy + slot + slot / 4);
}

/// An unacknowledged FIN is sent again after so long, or sooner.
Duration usual_silence(const End& end) {
  return std::max<Duration>(1500ms, Duration(end.copy_step) * 5 / 2);
}

/// A conversation of which one end never said anything, as any stray ACK begins
/// one, is remembered only for so long: nobody counts it, and it must not fill
/// the table.
constexpr Duration kOneSided = 5min;

Instant one_sided_deadline(const Conversation& conversation) {
  const bool both_seen = conversation.ends[0].seen && conversation.ends[1].seen;
  return both_seen ? Instant::max() : conversation.last_seen + kOneSided;
}

bool is_presuming(const End& end) {
  return !end.local &&
         (end.got_fin == Receipt::Presumed || end.got_syn == Receipt::Presumed);
}

bool awaits_ack_of_fin(TcpState state) {
  return state == TcpState::FinWait1 || state == TcpState::Closing ||
         state == TcpState::LastAck;
}

Instant last_copy(const Conversation& conversation, const End& end) {
  return end.last_copy.seen_from(conversation.last_seen);
}

/// When the first silence after the last copy of a FIN ends, or the second,
/// which is twice as long, and so on: the first that ends at `after` or later.
Instant end_of_silence(const Conversation& conversation, const End& end,
                       Instant after) {
  const Instant copy = last_copy(conversation, end);
  Duration silence = usual_silence(end);
  while (copy + silence < after) silence *= 2;
  return copy + silence;
}

/// A FIN was sent and packets were lost before its ACK was seen: that, or the
/// next copy of the FIN, may have been among them. If no more copies come, then
/// it was the ACK.
bool may_have_missed_ack(const Conversation& conversation, const End& end,
                         const TimerContext& context) {
  return conversation.gap || context.last_loss >= last_copy(conversation, end);
}

Instant fin_deadline(const Conversation& conversation, const End& end,
                     const TimerContext& context) {
  if (conversation.gap) return end_of_silence(conversation, end, {});
  if (may_have_missed_ack(conversation, end, context))
    return end_of_silence(conversation, end, context.last_loss);
  return std::max<Instant>(last_copy(conversation, end), end.since) +
         context.options.unacknowledged_fin;
}

Instant state_deadline(const Conversation& conversation, const End& end,
                       const TimerContext& context) {
  const TcpModelOptions& options = context.options;
  const Instant since = end.since;
  switch (end.state) {
    case TcpState::SynSent:
      return syn_given_up(end, last_copy(conversation, end), options);
    case TcpState::SynReceived:
      return since + options.syn_received;
    case TcpState::FinWait1:
    case TcpState::Closing:
    case TcpState::LastAck:
      return fin_deadline(conversation, end, context);
    case TcpState::FinWait2:
      return end.reads_on ? Instant::max() : since + options.fin_wait_2;
    case TcpState::TimeWait:
      return std::max(since, end.heard.seen_from(conversation.last_seen)) +
             options.time_wait;
    default:
      return Instant::max();
  }
}

Instant presumption_deadline(const Conversation& conversation, const End& end,
                             const TcpModelOptions& options) {
  if (!is_presuming(end)) return Instant::max();
  return end.heard.seen_from(conversation.last_seen) + options.presumption;
}

/// As most of them do.
bool waits_for_segments_only(const Conversation& conversation) {
  const auto& [a, b] = conversation.ends;
  return a.state == TcpState::Established && b.state == TcpState::Established &&
         a.seen && b.seen && !is_presuming(a) && !is_presuming(b);
}

Instant end_of_memory(const Conversation& over,
                      const TcpModelOptions& options) {
  const Instant since = std::max<Instant>(over.ends[0].since,  //
                                          over.ends[1].since);
  const bool both_seen = over.ends[0].seen && over.ends[1].seen;
  return std::max(over.last_seen, since) +
         (both_seen ? options.memory_of_closed : options.memory_of_unanswered);
}

/// Nobody confirmed what was presumed.
void withdraw_presumptions(End& end) {
  if (end.got_fin == Receipt::Presumed) end.got_fin = Receipt::No;
  if (end.got_syn == Receipt::Presumed) {
    end.got_syn = Receipt::No;
    end.syn_acked = Receipt::No;
  }
}

/// Nothing was sent again that had to be: the peer had acknowledged it.
void conclude_from_silence(Conversation& conversation, std::size_t i) {
  End& end = conversation.ends[i];
  end.fin_acked = Receipt::Presumed;
  end.heard = conversation.last_seen;
  conversation.ends[1 - i].got_fin = Receipt::Confirmed;
  conversation.gap = true;
}

}  // namespace

Instant next_deadline(const Conversation& conversation,
                      const TimerContext& context) {
  if (conversation.is_over())
    return end_of_memory(conversation, context.options);
  Instant earliest = one_sided_deadline(conversation);
  for (const End& end : conversation.ends)
    earliest =
        std::min({earliest, state_deadline(conversation, end, context),
                  presumption_deadline(conversation, end, context.options)});
  return earliest;
}

Instant next_look(const Conversation& conversation, Instant now,
                  const TimerContext& context) {
  if (waits_for_segments_only(conversation)) return Instant::max();
  Instant look = next_deadline(conversation, context);
  // Packets that are lost later may make the end of a silence a deadline.
  for (const End& end : conversation.ends)
    if (awaits_ack_of_fin(end.state))
      look =
          std::min(look, end_of_silence(conversation, end, now + Duration(1)));
  return look;
}

ChangeReason apply_deadlines(Conversation& conversation, Instant now,
                             const TimerContext& context) {
  ChangeReason reason = ChangeReason::Timeout;
  const bool forgotten = one_sided_deadline(conversation) <= now;
  for (std::size_t i = 0; i < 2; ++i) {
    End& end = conversation.ends[i];
    end.expired = end.expired || forgotten;
    if (presumption_deadline(conversation, end, context.options) <= now) {
      withdraw_presumptions(end);
      reason = ChangeReason::NotConfirmed;
    } else if (state_deadline(conversation, end, context) <= now) {
      if (awaits_ack_of_fin(end.state) &&
          may_have_missed_ack(conversation, end, context)) {
        conclude_from_silence(conversation, i);
        reason = ChangeReason::Silence;
      } else {
        end.expired = true;
      }
    }
  }
  return reason;
}

}  // namespace tcpstated
