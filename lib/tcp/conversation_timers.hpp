// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What time alone changes in the facts about a connection. Private to this
/// room.

#include "tcp/conversation.hpp"
#include "tcp/model_options.hpp"

namespace tcpstated {

/// What the timers need beside the conversation.
struct TimerContext {
  const TcpModelOptions& options;
  Instant last_loss = Instant::min();  ///< packets were lost until then
};

/// When something changes if no further segment passes and nothing is lost;
/// Instant::max(): never. ESTABLISHED and CLOSE-WAIT never end by time alone:
/// that is how leaks are found.
[[nodiscard]] Instant next_deadline(const Conversation& conversation,
                                    const TimerContext& context);

/// When to look at it after `now`: at its deadline, or before that now and
/// then, because packets that are lost later make it earlier.
[[nodiscard]] Instant next_look(const Conversation& conversation, Instant now,
                                const TimerContext& context);

/// Applies what is due at `now`. The states of the ends must be current.
ChangeReason apply_deadlines(Conversation& conversation, Instant now,
                             const TimerContext& context);

}  // namespace tcpstated
