// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which listener a connection in the accept queue belongs to.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "table/connection_table.hpp"

namespace tcpstated {

/// The listeners of a table by port. Refers to its rows: use it before the
/// table changes.
class ListenerMatch {
 public:
  ListenerMatch() = default;
  explicit ListenerMatch(const ConnectionTable& table);
  void add(const Connection& listener);

  /// The listener whose accept() would return `child`: same protocol, port and
  /// namespace, its exact address before the wildcard, as the kernel looks it
  /// up. Among several (SO_REUSEPORT) those with a queue; more than one if
  /// nothing tells them apart, none if the listener is gone.
  [[nodiscard]] std::vector<const Connection*> find(
      const Connection& child) const;

 private:
  std::unordered_map<std::uint16_t, std::vector<const Connection*>> by_port_;
};

}  // namespace tcpstated
