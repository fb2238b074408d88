// SPDX-License-Identifier: Apache-2.0
#include "table/connection_filter.hpp"

#include <algorithm>

namespace tcpstated {
namespace {

bool in_any(const std::vector<IpPrefix>& prefixes, const IpAddress& address) {
  return prefixes.empty() ||
         std::ranges::any_of(prefixes, [&](const IpPrefix& prefix) {
           return prefix.contains(address);
         });
}

bool is_any(const std::vector<std::uint16_t>& ports, std::uint16_t port) {
  return ports.empty() || std::ranges::find(ports, port) != ports.end();
}

}  // namespace

bool ConnectionFilter::matches(const Connection& row, Instant now) const {
  return states.contains(row.state) &&
         (!protocol || *protocol == row.socket.protocol) &&
         is_any(local_ports, row.tuple.local.port) &&
         is_any(remote_ports, row.tuple.remote.port) &&
         in_any(local, row.tuple.local.ip) &&
         in_any(remote, row.tuple.remote.ip) &&
         (min_age == Duration::zero() || row.since.age(now) >= min_age);
}

}  // namespace tcpstated
