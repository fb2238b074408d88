// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What the packet view knows of connections, as plain values.

#include <array>
#include <cstdint>

#include "base/time.hpp"
#include "tcp/endpoint.hpp"
#include "tcp/segment.hpp"
#include "tcp/state_change.hpp"
#include "tcp/tcp_state.hpp"

namespace tcpstated {

struct Traffic;

/// One end of a connection as it is now.
struct ObservedEnd {
  Endpoint endpoint;
  TcpState state = TcpState::Closed;
  Quality quality = Quality::Unknown;
  Instant since;       ///< in `state`
  bool local = false;  ///< we sit beside it
  Seq next;            ///< after everything it sent
  Seq acked;           ///< what of that the peer has acknowledged
};

struct ObservedConnection {
  std::uint64_t id = 0;
  std::array<ObservedEnd, 2> ends;  ///< in the order of their addresses
  Instant last_seen;
  const Traffic* traffic = nullptr;  ///< null if it is not kept
};

/// How many ends are in each state. Ends of unknown quality are guesses and
/// not counted, and CLOSED is no connection any more.
struct ObservedCounts {
  std::array<std::uint64_t, kTcpStateCount> local{};
  std::array<std::uint64_t, kTcpStateCount> remote{};

  bool operator==(const ObservedCounts&) const = default;
};

}  // namespace tcpstated
