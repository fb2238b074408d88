// SPDX-License-Identifier: Apache-2.0
#include "leak/judge.hpp"

namespace tcpstated {
namespace {

/// tcp_info counts in jiffies: two readings of one moment may differ by one
/// tick of the slowest kernels (HZ 100).
constexpr Duration kTick = std::chrono::milliseconds(10);

/// Evidence that the application uses the direction the peer left open. Data
/// sent before the FIN is none, so only what was sent after the latest moment
/// at which the FIN can have come counts.
bool is_sending(const LeakPolicy& policy, const Connection& socket,
                Instant now) {
  if (socket.socket.send_queue > 0) return true;  // unsent or unacknowledged
  if (!socket.socket.times) return false;
  const Instant last_sent =
      socket.last_seen - socket.socket.times->since_data_sent;
  return last_sent > socket.since.latest + kTick &&
         now - last_sent < policy.half_close_grace;
}

}  // namespace

LeakCause judge(const LeakPolicy& policy, const Connection& socket,
                Instant now) {
  const bool seen_by_kernel = socket.quality == Quality::Kernel;
  if (seen_by_kernel && socket.socket.inode == 0)
    return LeakCause::NeverAccepted;
  if (is_sending(policy, socket, now)) return LeakCause::HalfClose;
  if (!seen_by_kernel) return LeakCause::Unknown;
  // The FIN occupies one octet of sequence space, so Recv-Q counts it as 1.
  if (socket.socket.receive_queue > 1) return LeakCause::UnreadData;
  if (socket.socket.receive_queue == 1) return LeakCause::UnreadEof;
  // The read that returns the last octet also consumes the FIN: 0 proves that
  // nothing is left, not that read() has returned 0.
  return LeakCause::NotClosed;
}

}  // namespace tcpstated
