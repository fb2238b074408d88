// SPDX-License-Identifier: Apache-2.0
#include "table/connection.hpp"

namespace tcpstated {
namespace {

/// Bounds closer than this are one moment to a person.
constexpr Duration kExactEnough = std::chrono::milliseconds(50);
/// The longest a peer may keep back an acknowledgement (RFC 9293 3.8.6.3), with
/// some room: an ACK later than this after our last data is not for that data.
constexpr Duration kDelayedAck = std::chrono::milliseconds(600);

/// Whether the segment that carried the last ACK was the FIN itself. It was
/// not, if it could have acknowledged data sent after the FIN, or answered a
/// keepalive probe of ours.
bool last_ack_was_the_fin(const SocketFacts& socket) {
  const TcpTimes& times = *socket.times;
  if (socket.timer == SocketTimer::Keepalive) return false;
  if (times.bytes_sent == 0 && times.bytes_acked <= 1) return true;
  return times.since_data_sent - times.since_ack_received >
         kDelayedAck + 2 * times.round_trip;
}

}  // namespace

SinceBounds since_bounds(const StateChange& observed) {
  const Instant at = observed.at;
  if (observed.is_moment) return {.earliest = at, .latest = at, .exact = true};
  if (observed.to != TcpState::CloseWait || !observed.socket.times)
    return {.latest = at};
  const TcpTimes& times = *observed.socket.times;
  SinceBounds bounds{.earliest = at - times.since_data_received,
                     .latest = at - times.since_ack_received};
  // A keepalive answer or a retransmitted FIN can be later than the last data,
  // never earlier than it; jiffies may still disagree by one.
  bounds.earliest = std::min(bounds.earliest, bounds.latest);
  bounds.exact = bounds.latest - bounds.earliest <= kExactEnough ||
                 last_ack_was_the_fin(observed.socket);
  return bounds;
}

}  // namespace tcpstated
