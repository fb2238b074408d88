// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Why a socket is in CLOSE_WAIT: the whole diagnosis as one pure function.
///
/// Source: kernel-views.md section 4, each case made and measured on
/// Linux 6.18.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "leak/leak_policy.hpp"
#include "table/connection.hpp"

namespace tcpstated {

/// What a socket in CLOSE_WAIT is waiting for. A partition: every such socket
/// has exactly one.
enum class LeakCause : std::uint8_t {
  NeverAccepted,
  UnreadData,
  UnreadEof,
  NotClosed,
  HalfClose,
  Unknown,
  Detached,
};

struct LeakCauseInfo {
  LeakCause cause;
  std::string_view label;    ///< metric label and JSON value
  std::string_view meaning;  ///< one sentence for people
  std::string_view advice;   ///< what to look at next
};

inline constexpr std::array<LeakCauseInfo, 7> kLeakCauses{{
    {LeakCause::NeverAccepted, "never_accepted",
     "The connection waits in the accept queue; the application never called "
     "accept() for it.",
     "Is the accept loop blocked, dead, or out of file descriptors?"},
    {LeakCause::UnreadData, "unread_data",
     "The peer sent data and closed; the application has not read the data.",
     "Which thread should read this descriptor, and what is it stuck in?"},
    {LeakCause::UnreadEof, "unread_eof",
     "Everything is read but the end of the stream; the application does not "
     "look at this socket any more.",
     "An idle connection of a pool without a check, or a lost event "
     "registration."},
    {LeakCause::NotClosed, "not_closed",
     "Nothing is left to read and the application still has not called "
     "close().",
     "Which code path forgets close(): an error path, a lost reference, a "
     "child that inherited the descriptor?"},
    {LeakCause::HalfClose, "half_close",
     "The peer closed its direction only and the application still sends: not "
     "a leak.",
     "Nothing to do."},
    {LeakCause::Unknown, "unknown",
     "The peer closed and the application has not: seen in packets, which do "
     "not show what it did with the socket.",
     "Ask tcpstated on the host of this endpoint, with backends.sock_diag."},
    {LeakCause::Detached, "detached",
     "The connection is gone from every table of the kernel (a reset, a "
     "keepalive that was not answered) and the descriptor is still open.",
     "The same code path as not_closed: ss and netstat do not show this one."},
}};

[[nodiscard]] constexpr const LeakCauseInfo& info(LeakCause cause) {
  return kLeakCauses[static_cast<std::size_t>(cause)];
}
[[nodiscard]] constexpr std::string_view label(LeakCause cause) {
  return info(cause).label;
}

/// Why `socket`, which is in CLOSE_WAIT, is there.
[[nodiscard]] LeakCause judge(const LeakPolicy& policy,
                              const Connection& socket, Instant now);

/// Whether that, for this long, is a leak.
[[nodiscard]] inline bool is_leak(const LeakPolicy& policy,
                                  const Connection& socket, LeakCause cause,
                                  Instant now) {
  return cause != LeakCause::HalfClose &&
         socket.since.age(now) >= policy.threshold;
}

}  // namespace tcpstated
