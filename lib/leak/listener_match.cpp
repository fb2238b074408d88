// SPDX-License-Identifier: Apache-2.0
#include "leak/listener_match.hpp"

#include <tuple>

namespace tcpstated {
namespace {

bool covers(const Connection& listener, const Connection& child) {
  const IpAddress& address = listener.tuple.local.ip;
  const bool same_family_or_dual_stack =
      listener.socket.ipv6 || child.tuple.local.ip.is_v4();
  const bool address_fits =
      address == child.tuple.local.ip ||
      (address.is_wildcard() && same_family_or_dual_stack);
  return address_fits && listener.tuple.netns == child.tuple.netns &&
         listener.socket.protocol == child.socket.protocol;
}

/// Exact address first, then one that has a queue at all, then the one made
/// with the child: an accept queue inherits owner and cgroup of its listener.
std::tuple<bool, bool, bool> rank(const Connection& listener,
                                  const Connection& child) {
  return {listener.tuple.local.ip == child.tuple.local.ip,
          listener.socket.receive_queue > 0,
          listener.socket.uid == child.socket.uid &&
              listener.socket.cgroup_id == child.socket.cgroup_id};
}

}  // namespace

ListenerMatch::ListenerMatch(const ConnectionTable& table) {
  table.visit([this](const Connection& row) {
    if (row.state == TcpState::Listen) add(row);
  });
}

void ListenerMatch::add(const Connection& listener) {
  by_port_[listener.tuple.local.port].push_back(&listener);
}

std::vector<const Connection*> ListenerMatch::find(
    const Connection& child) const {
  std::vector<const Connection*> best;
  const auto candidates = by_port_.find(child.tuple.local.port);
  if (candidates == by_port_.end()) return best;
  for (const Connection* listener : candidates->second) {
    if (!covers(*listener, child)) continue;
    if (!best.empty() && rank(*listener, child) < rank(*best.front(), child))
      continue;
    if (!best.empty() && rank(*listener, child) > rank(*best.front(), child))
      best.clear();
    best.push_back(listener);
  }
  return best;
}

}  // namespace tcpstated
