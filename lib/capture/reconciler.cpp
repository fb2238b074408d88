// SPDX-License-Identifier: Apache-2.0
#include "capture/reconciler.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <utility>

namespace tcpstated {
namespace {

/// Nothing can be asked about other namespaces. A socket that was held there
/// and that so many passes over all descriptors did not find has closed.
constexpr std::uint8_t kAbsences = 2;

bool is_own(const FourTuple& tuple) { return tuple.netns == 0; }

/// A child is born as LISTEN > SYN-RECEIVED (MPTCP: > ESTABLISHED) of its own.
bool is_birth(const SocketEvent& event) {
  return event.from == TcpState::Closed ||
         (event.from == TcpState::Listen && event.to != TcpState::Closed);
}

}  // namespace

Reconciler::Effect Reconciler::apply(const SocketEvent& event) {
  Effect effect;
  if (event.from == event.to) return effect;
  const auto known = sockets_.find(event.cookie);
  effect.left = known != sockets_.end();
  if (effect.left) {
    effect.before = known->second;
    if (known->second.state != event.from) ++corrections_.mismatched;
  } else if (complete_ && is_own(event.tuple) && !is_birth(event) &&
             followed_.contains(event.from)) {
    ++corrections_.mismatched;
  }
  if (!followed_.contains(event.to)) {
    if (effect.left) sockets_.erase(known);
    if (dumping_) tombstones_[event.cookie] = event.at;
    return effect;
  }
  effect.entered = true;
  if (dumping_) tombstones_.erase(event.cookie);
  sockets_[event.cookie] = {.ref = {event.tuple, event.cookie, 0, event.ipv6},
                            .state = event.to,
                            .protocol = event.protocol,
                            .changed = event.at,
                            .exact = true,
                            .mentioned = effect.before.mentioned};
  return effect;
}

void Reconciler::begin_dump(Instant at) {
  dumping_ = true;
  dump_began_ = at;
}

void Reconciler::take(const StateChange& row) {
  const auto [at, fresh] = sockets_.try_emplace(row.socket.cookie);
  FollowedSocket& known = at->second;
  known.mentioned = true;
  known.absent = 0;
  known.ref = ref_to(row);  // with the interface, which events do not have
  if (!fresh && (known.state == row.to || known.changed >= row.at)) return;
  if (complete_ || !is_own(row.tuple))
    ++(fresh ? corrections_.missing : corrections_.moved);
  known.state = row.to;
  known.protocol = row.socket.protocol;
  known.changed = row.at;
  known.exact = false;
}

/// Whether a socket that a dump did not mention needs an explanation.
bool Reconciler::is_lost(FollowedSocket& socket, DumpScope scope) const {
  if (is_own(socket.ref.tuple) != (scope == DumpScope::Own)) return false;
  if (scope == DumpScope::Own) return true;
  // What waits in an accept queue is never mentioned.
  return socket.mentioned && socket.changed < dump_began_ &&
         ++socket.absent >= kAbsences;
}

std::vector<SocketRef> Reconciler::merge(DumpScope scope,
                                         std::span<const StateChange> rows,
                                         bool complete) {
  boost::unordered_flat_set<std::uint64_t> mentioned;
  mentioned.reserve(rows.size());
  for (const StateChange& row : rows) {
    const std::uint64_t cookie = row.socket.cookie;
    if (row.socket.kind != SocketKind::Full || cookie == 0) continue;
    mentioned.insert(cookie);
    const auto closed = tombstones_.find(cookie);
    if (closed != tombstones_.end() && closed->second >= row.at) continue;
    if (followed_.contains(row.to)) take(row);
  }
  std::vector<SocketRef> lost;
  if (complete)
    for (auto& [cookie, socket] : sockets_)
      if (!mentioned.contains(cookie) && is_lost(socket, scope))
        lost.push_back(socket.ref);
  if (scope == DumpScope::Own && complete) complete_ = true;
  abandon_dump();
  return lost;
}

void Reconciler::still_there(const StateChange& row) {
  if (followed_.contains(row.to))
    take(row);
  else
    gone(row.socket.cookie);
}

void Reconciler::gone(std::uint64_t cookie) {
  if (sockets_.erase(cookie) > 0) ++corrections_.gone;
}

void Reconciler::abandon_dump() {
  dumping_ = false;
  tombstones_.clear();
}

const FollowedSocket* Reconciler::find(std::uint64_t cookie) const {
  const auto found = sockets_.find(cookie);
  return found == sockets_.end() ? nullptr : &found->second;
}

void Reconciler::visit(
    const std::function<void(const FollowedSocket&)>& visitor) const {
  for (const auto& [cookie, socket] : sockets_) visitor(socket);
}

}  // namespace tcpstated
