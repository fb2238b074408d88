// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One row of the connection table, and how long it has been in its state.

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"
#include "tcp/state_change.hpp"

namespace tcpstated {

/// When a socket entered its state: between two instants. Every observation can
/// only narrow it.
struct SinceBounds {
  Instant earliest = Instant::min();
  Instant latest = Instant::max();
  bool exact = false;  ///< `latest` is the moment itself

  /// The age that is certain ("at least"), or the age if exact.
  [[nodiscard]] Duration age(Instant now) const { return now - latest; }

  void narrow(const SinceBounds& other) {
    if (exact) return;
    earliest = std::max(earliest, other.earliest);
    latest = std::min(latest, other.latest);
    exact = other.exact;
  }

  bool operator==(const SinceBounds&) const = default;
};

/// What one look at a socket says about when it entered its state. For
/// CLOSE-WAIT the kernel's clocks know more than we saw: the FIN was received
/// no later than the last ACK and no earlier than the last data
/// (kernel-views.md section 4, measured on Linux 6.18).
[[nodiscard]] SinceBounds since_bounds(const StateChange& observed);

/// One socket as we know it.
struct Connection {
  std::uint64_t id = 0;  ///< the cookie; unique while the host is up
  FourTuple tuple;
  TcpState state = TcpState::Closed;
  Quality quality = Quality::Kernel;
  SinceBounds since;  ///< when it entered `state`
  Instant first_seen;
  Instant last_seen;  ///< when `socket` was read
  SocketFacts socket;

  [[nodiscard]] SocketKey key() const { return {tuple, socket.cookie}; }
};

/// A change that took effect.
struct Transition {
  Connection now;
  TcpState from = TcpState::Closed;
};

}  // namespace tcpstated
