// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Sockets that are CLOSED, in no table of the kernel, and still held. Events
/// tell when they closed; a pass over all descriptors confirms that somebody
/// has them, and finds those that closed before us. Pure.

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "capture/event_source.hpp"

namespace tcpstated {

class DetachedSockets {
 public:
  /// `confirmable`: passes are possible; otherwise events are believed.
  explicit DetachedSockets(bool confirmable) : confirmable_(confirmable) {}

  /// All that the kernel's programs remember now.
  void learn_events(std::span<const SocketEvent> remembered);

  /// All CLOSED sockets that a pass, begun at `began`, found held.
  void learn_pass(Instant began, std::span<const StateChange> held);

  /// Whether a pass would tell something: a socket has been closed for a second
  /// and nobody looked, or one is known by passes only.
  [[nodiscard]] bool wants_pass(Instant now) const;

  /// What is held: what a pass confirmed, and at once what was in CLOSE_WAIT,
  /// so that a leak does not seem to end for a moment.
  [[nodiscard]] std::vector<StateChange> list() const;

 private:
  struct Entry {
    StateChange socket;
    bool from_event = false;
    bool was_close_wait = false;
    bool examined = false;   ///< by a pass, since the event
    bool confirmed = false;  ///< and found
  };

  bool confirmable_;
  boost::unordered_flat_map<std::uint64_t, Entry> entries_;
};

}  // namespace tcpstated
