// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which sockets are in the states that are followed, out of events and dumps:
/// events say at once what changes, dumps say what is. Pure: rows, events and
/// instants come in; no kernel, no clock.
///
/// What makes the two fit (kernel-views.md section 3.1): a row was read at
/// row.at or a little later, so it knows every event up to row.at. Of what
/// came after, the events speak, because all of them are applied before a dump
/// is merged. A socket that closed meanwhile leaves a tombstone, which is older
/// or newer than a row like every other event.

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "capture/event_source.hpp"
#include "kernel/inet_diag.hpp"
#include "tcp/state_change.hpp"
#include "tcp/state_set.hpp"

namespace tcpstated {

/// A socket in one of the followed states.
struct FollowedSocket {
  SocketRef ref;
  TcpState state = TcpState::Closed;
  Protocol protocol = Protocol::Tcp;
  Instant changed;          ///< the last event, or when a row showed the state
  bool exact = false;       ///< `changed` is the moment it entered `state`
  bool mentioned = false;   ///< a dump had it
  std::uint8_t absent = 0;  ///< dumps in a row that did not, after that
};

/// Which sockets a dump speaks of.
enum class DumpScope : std::uint8_t {
  Own,     ///< our own network namespace
  Others,  ///< what processes hold in all others
};

/// What had to be repaired. Each is a counter for /metrics.
struct Corrections {
  std::uint64_t mismatched = 0;  ///< an event did not continue what was known
  std::uint64_t missing = 0;     ///< a dump had a socket that was not followed
  std::uint64_t moved = 0;       ///< a dump had it in another state
  std::uint64_t gone = 0;        ///< it was followed and no longer existed

  [[nodiscard]] std::uint64_t total() const {
    return mismatched + missing + moved + gone;
  }
};

class Reconciler {
 public:
  /// CLOSED is followed by nobody: such sockets are gone.
  explicit Reconciler(StateSet followed)
      : followed_(followed.without({TcpState::Closed})) {}

  /// What an event did to the set.
  struct Effect {
    bool entered = false;   ///< is in a followed state that it was not in
    bool left = false;      ///< was in a followed state, and is not any more
    FollowedSocket before;  ///< if `left`
  };

  /// Events of one socket must come in the order of the kernel.
  Effect apply(const SocketEvent& event);

  /// From here on tombstones are kept, until merge().
  void begin_dump(Instant at);

  /// Merges the rows of a dump that was made after begin_dump(), when every
  /// event up to its end has been applied. Returns the followed sockets that a
  /// complete dump did not mention and no event explains: ask for them, then
  /// tell still_there() or gone(). Where nobody can be asked they are gone.
  [[nodiscard]] std::vector<SocketRef> merge(DumpScope scope,
                                             std::span<const StateChange> rows,
                                             bool complete);
  void still_there(const StateChange& row);
  void gone(std::uint64_t cookie);

  /// A dump cannot be made after all.
  void abandon_dump();

  /// nullptr if it is not followed. Valid until the next change.
  [[nodiscard]] const FollowedSocket* find(std::uint64_t cookie) const;
  void visit(const std::function<void(const FollowedSocket&)>& visitor) const;
  [[nodiscard]] std::size_t size() const { return sockets_.size(); }
  [[nodiscard]] const Corrections& corrections() const { return corrections_; }

 private:
  void take(const StateChange& row);
  [[nodiscard]] bool is_lost(FollowedSocket& socket, DumpScope scope) const;

  StateSet followed_;
  boost::unordered_flat_map<std::uint64_t, FollowedSocket> sockets_;
  /// When sockets left the set while a dump runs, by cookie.
  boost::unordered_flat_map<std::uint64_t, Instant> tombstones_;
  bool dumping_ = false;
  Instant dump_began_;
  bool complete_ = false;  ///< a dump of our own namespace was merged
  Corrections corrections_;
};

}  // namespace tcpstated
