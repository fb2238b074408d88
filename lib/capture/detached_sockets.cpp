// SPDX-License-Identifier: Apache-2.0
#include "capture/detached_sockets.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

namespace tcpstated {
namespace {

/// Most sockets that close by a reset are closed by their process at once.
constexpr Duration kPatience = std::chrono::seconds(1);

StateChange row_of(const SocketEvent& event) {
  StateChange row{.tuple = event.tuple,
                  .at = event.at,
                  .to = TcpState::Closed,
                  .quality = Quality::Kernel,
                  .is_moment = true};
  row.socket.ipv6 = event.ipv6;
  row.socket.cookie = event.cookie;
  row.socket.inode = event.inode;
  row.socket.receive_queue = event.receive_queue;
  return row;
}

}  // namespace

void DetachedSockets::learn_events(std::span<const SocketEvent> remembered) {
  boost::unordered_flat_set<std::uint64_t> cookies;
  for (const SocketEvent& event : remembered) {
    cookies.insert(event.cookie);
    Entry& entry = entries_[event.cookie];
    if (entry.from_event && entry.socket.at == event.at) continue;
    entry.from_event = true;
    entry.was_close_wait = event.from == TcpState::CloseWait;
    entry.socket = row_of(event);
    entry.examined = false;
  }
  erase_if(entries_, [&](const auto& known) {
    return known.second.from_event && !cookies.contains(known.first);
  });
}

void DetachedSockets::learn_pass(Instant began,
                                 std::span<const StateChange> held) {
  boost::unordered_flat_set<std::uint64_t> cookies;
  for (const StateChange& row : held) {
    cookies.insert(row.socket.cookie);
    Entry& entry = entries_[row.socket.cookie];
    entry.examined = entry.confirmed = true;
    if (entry.socket.socket.cookie == 0) entry.socket = row;
  }
  erase_if(entries_, [&](auto& known) {
    Entry& entry = known.second;
    if (cookies.contains(known.first) || entry.socket.at >= began) return false;
    // In flight, or disconnected by the process itself: not certain.
    entry.examined = true;
    entry.confirmed = false;
    return !entry.from_event;
  });
}

bool DetachedSockets::wants_pass(Instant now) const {
  return confirmable_ && std::ranges::any_of(entries_, [&](const auto& known) {
           const Entry& entry = known.second;
           return !entry.from_event ||
                  (!entry.examined && entry.socket.at <= now - kPatience);
         });
}

std::vector<StateChange> DetachedSockets::list() const {
  std::vector<StateChange> rows;
  for (const auto& [cookie, entry] : entries_)
    if (entry.confirmed || !confirmable_ ||
        (entry.was_close_wait && !entry.examined))
      rows.push_back(entry.socket);
  return rows;
}

}  // namespace tcpstated
