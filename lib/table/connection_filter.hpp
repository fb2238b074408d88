// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which rows somebody asked for. Pure; the text of a query is parsed
/// elsewhere.

#include <cstdint>
#include <optional>
#include <vector>

#include "table/connection.hpp"
#include "tcp/endpoint.hpp"
#include "tcp/state_set.hpp"

namespace tcpstated {

/// All given criteria must hold; within one list any element may. An empty list
/// does not restrict.
struct ConnectionFilter {
  StateSet states = StateSet::all();
  std::vector<IpPrefix> local;
  std::vector<IpPrefix> remote;
  std::vector<std::uint16_t> local_ports;
  std::vector<std::uint16_t> remote_ports;
  std::optional<Protocol> protocol;
  Duration min_age{};  ///< of what is certain (SinceBounds::age)

  [[nodiscard]] bool matches(const Connection& row, Instant now) const;
};

}  // namespace tcpstated
