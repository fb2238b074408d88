// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What time alone changes in the facts about a connection. Private to this
/// room.

#include "tcp/conversation.hpp"
#include "tcp/model_options.hpp"

namespace tcpstated {

/// When something changes if no further segment passes; Instant::max(): never.
/// ESTABLISHED and CLOSE-WAIT never end by time alone: that is how leaks are
/// found.
[[nodiscard]] Instant next_deadline(const Conversation& conversation,
                                    const TcpModelOptions& options);

/// Applies what is due at `now`. The states of the ends must be current.
ChangeReason apply_deadlines(Conversation& conversation, Instant now,
                             const TcpModelOptions& options);

}  // namespace tcpstated
