// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every knob of the passive state model. Defaults are Linux's; each timer says
/// where it comes from (state-model.md A5 to A7).

#include <cstddef>

#include "base/time.hpp"

namespace tcpstated {

struct TcpModelOptions {
  /// A FIN or SYN-ACK on its way to an endpoint that we do not sit beside
  /// counts as delivered for so long; then its own ACK must have confirmed it.
  Duration presumption = std::chrono::milliseconds(250);
  /// 2 MSL: TCP_TIMEWAIT_LEN of Linux (RFC 9293: 4 minutes).
  Duration time_wait = std::chrono::seconds(60);
  /// FIN-WAIT-2 whose process is gone (tcp_fin_timeout). One that reads on is
  /// known by the new data it acknowledges and stays.
  Duration fin_wait_2 = std::chrono::seconds(60);
  /// An unfinished handshake at the server (tcp_synack_retries = 5).
  Duration syn_received = std::chrono::seconds(63);
  /// SYN-SENT ends when it misses its own next retransmission, or after this.
  Duration syn_sent = std::chrono::seconds(131);
  /// A FIN that nobody acknowledges, after its last copy (tcp_orphan_retries).
  Duration unacknowledged_fin = std::chrono::seconds(120);
  /// What is over is remembered for so long, so that a late segment of it does
  /// not look like a connection met in the middle.
  Duration memory_of_closed = std::chrono::seconds(30);
  /// The same if only one end ever said anything.
  Duration memory_of_unanswered = std::chrono::seconds(5);
  /// Copies of one packet that passed two devices (a bridge).
  Duration duplicate_window = std::chrono::milliseconds(1);

  // Bounds. What goes when one of them is reached: EvictionClass.
  std::size_t max_connections = 1'000'000;
  std::size_t max_bytes = std::size_t{256} << 20U;  ///< of the table
  /// A flood of SYNs gets no more than this of it, nor more than half.
  std::size_t max_unanswered = 250'000;

  /// Count bytes, segments and retransmissions of every connection (Traffic).
  bool keep_traffic = false;
};

}  // namespace tcpstated
