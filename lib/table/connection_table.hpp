// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The sockets that are watched: all that a sweep shows as full sockets. The
/// single writer of connection state; holds no ESTABLISHED or TIME_WAIT of the
/// kernel, which are counted, not copied.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "table/connection.hpp"
#include "table/table_options.hpp"

namespace tcpstated {

/// Every watched socket, keyed by four-tuple and cookie. Not thread-safe;
/// belongs to the engine's thread, others get copies.
class ConnectionTable {
 public:
  /// `hash_seed` from getrandom: strangers choose half of every key.
  ConnectionTable(const TableOptions& options, std::uint64_t hash_seed);
  ~ConnectionTable();

  /// Applies one observation. Returns the transition if the state changed or
  /// the socket is new; nullopt if it only refreshed what was known, came from
  /// a weaker source than the row, is older than the last look at it, or did
  /// not fit (then refused() counts).
  std::optional<Transition> apply(const StateChange& change);

  /// Mark and sweep: sockets not applied between the two calls have closed, if
  /// the snapshot was complete, and are appended to `closed`. A snapshot is of
  /// our own network namespace and says nothing about rows of others.
  void begin_snapshot();
  void end_snapshot(Instant at, bool complete, std::vector<Transition>& closed);

  /// nullptr if there is no such row. Valid until the next change.
  [[nodiscard]] const Connection* find(const SocketKey& key) const;

  /// Visits every row in no particular order.
  void visit(const std::function<void(const Connection&)>& visitor) const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t capacity() const;
  /// Observations of new sockets that found the table full.
  [[nodiscard]] std::uint64_t refused() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
