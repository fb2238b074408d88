// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "tcp/state_set.hpp"

namespace tcpstated {
namespace {

/// What the table keeps a row for: full sockets in a watched state. Request
/// sockets and minisocks belong to no process and are only counted, so that a
/// flood of them costs no memory.
bool is_watched(const StateChange& change) {
  return change.socket.kind == SocketKind::Full &&
         (change.to == TcpState::Closed || kWatchedStates.contains(change.to));
}

/// Packets let time pass more often than a person can read.
constexpr Duration kEvaluationPause = std::chrono::milliseconds(500);

void tally_row(StateTally& tally, const StateChange& row) {
  if (row.to == TcpState::Closed) return;
  StateCounts& counts =
      row.socket.protocol == Protocol::Tcp ? tally.tcp : tally.mptcp;
  ++counts[row.to];
  if (row.to == TcpState::FinWait2 && row.socket.kind == SocketKind::TimeWait)
    ++tally.fin_wait_2_minisocks;
}

}  // namespace

void Engine::on_changes(std::span<const StateChange> changes) {
  for (const StateChange& change : changes) {
    if (in_sweep_) tally_row(sweeping_, change);
    if (in_sweep_ && views_.packets) comparison_.add(change, packets_.model());
    if (!is_watched(change)) continue;
    const auto transition = table_.apply(change);
    if (transition && !in_sweep_) count_move(*transition);
  }
}

void Engine::count_move(const Transition& transition) {
  if (const auto netns = transition.now.tuple.netns; netns != 0) {
    StateCounts& there = elsewhere_[netns];
    if (transition.from != TcpState::Closed) there.leave(transition.from);
    if (transition.now.state != TcpState::Closed)
      there.enter(transition.now.state);
    if (there.total() == 0) elsewhere_.erase(netns);
    return;
  }
  StateCounts& counts = transition.now.socket.protocol == Protocol::Tcp
                            ? tally_.tcp
                            : tally_.mptcp;
  if (transition.from != TcpState::Closed) counts.leave(transition.from);
  if (transition.now.state != TcpState::Closed)
    counts.enter(transition.now.state);
}

void Engine::on_snapshot_begin(Instant at) {
  now_ = std::max(now_, at);
  in_sweep_ = true;
  comparison_.begin();
  sweeping_ = {};
  table_.begin_snapshot();
}

void Engine::on_snapshot_end(const SnapshotReport& report) {
  in_sweep_ = false;
  sweep_ = report;
  table_.end_snapshot(report.at, report.complete, closed_);
  closed_.clear();
  comparison_.end(report.complete);
  if (!report.complete) return;
  ready_ = true;
  tally_ = sweeping_;
}

void Engine::on_events(std::span<const SocketEvent> events) {
  observer_.on_events(events);
}

void Engine::on_event_report(const EventReport& report) {
  events_report_ = report;
  detached_.clear();
  for (const StateChange& row : report.detached)
    detached_.push_back({.id = row.socket.cookie,
                         .tuple = row.tuple,
                         .state = TcpState::Closed,
                         .quality = row.quality,
                         .since = since_bounds(row),
                         .first_seen = row.at,
                         .last_seen = row.at,
                         .socket = row.socket});
}

std::vector<NamespaceView> Engine::namespaces(
    const NamespaceNames& names) const {
  std::map<std::uint32_t, NamespaceView> views;
  for (const auto& [netns, counts] : elsewhere_) views[netns].counts = counts;
  for (const Connection& socket : detached_)
    if (socket.tuple.netns != 0)
      views[socket.tuple.netns].counts.enter(TcpState::Closed);
  std::vector<NamespaceView> sorted;
  for (auto& [netns, view] : views) {
    view.inode = netns;
    if (const auto name = names.find(netns); name != names.end())
      view.name = name->second;
    sorted.push_back(std::move(view));
  }
  return sorted;
}

void Engine::on_counters(const TcpCounters& counters) { counters_ = counters; }

void Engine::on_segments(std::span<const Segment> segments) {
  packets_.observe(segments);
}

void Engine::on_hard_error(const HardError& error) { packets_.observe(error); }

void Engine::on_loss(Instant now, std::uint64_t /*packets*/) {
  packets_.note_loss(now);
}

void Engine::on_local_addresses(std::shared_ptr<const LocalAddresses> ours) {
  packets_.set_local(std::move(ours));
}

void Engine::on_packet_time(Instant now) {
  packets_.expire(now);
  if (views_.kernel) return;
  // Nobody else says what time it is, and this is said after every drain.
  now_ = std::max(now_, now);
  ready_ = true;
  if (now_ < next_evaluation_) return;
  next_evaluation_ = now_ + kEvaluationPause;
  packets_.report_waiting(now_, waiting_);
  for (const StateChange& row : waiting_) table_.apply(row);
  waiting_.clear();
  evaluate();
}

void Engine::on_time(Instant now) {
  now_ = std::max(now_, now);
  evaluate();
}

/// Everything that is linear in what is watched.
void Engine::evaluate() {
  ++rounds_;
  if (counts().clamped) ++totals_.clamped;
  history_.add(now_, counts().tcp);
  leaks_.evaluate(now_, table_, detached_, events_);
  for (const LeakEvent& event : events_) observer_.on_leak(event);
  events_.clear();
}

void Engine::on_holders(const HolderAnswer& answer) {
  totals_.searches += answer.entries.size();
  for (const HolderAnswer::Entry& entry : answer.entries) {
    if (entry.holders->attribution == Attribution::NotFound)
      ++totals_.holders_not_found;
    if (entry.holders->attribution == Attribution::NotPermitted)
      ++totals_.holders_not_permitted;
  }
  leaks_.learn(answer);
}

std::vector<ListenerView> Engine::listeners() const {
  std::map<std::pair<Endpoint, Protocol>, ListenerView> by_address;
  table_.visit([&](const Connection& row) {
    if (row.state != TcpState::Listen || row.tuple.netns != 0) return;
    ListenerView& view = by_address[{row.tuple.local, row.socket.protocol}];
    view.local = row.tuple.local;
    view.protocol = row.socket.protocol;
    ++view.sockets;
    view.queue += row.socket.receive_queue;
    view.limit += row.socket.send_queue;
    view.inodes.push_back(row.socket.inode);
  });
  std::vector<ListenerView> sorted;
  sorted.reserve(by_address.size());
  for (auto& [address, view] : by_address) sorted.push_back(std::move(view));
  return sorted;
}

std::shared_ptr<const HostView> Engine::view(
    std::vector<BackendView> backends, WallAnchor anchor,
    const NamespaceNames& names) const {
  auto view = std::make_shared<HostView>();
  view->at = now_;
  view->anchor = anchor;
  view->ready = ready_;
  view->views = views_;
  view->tcp = counts().tcp;
  view->tcp[TcpState::Closed] = static_cast<std::uint64_t>(std::ranges::count(
      detached_, std::uint32_t{0},
      [](const Connection& row) { return row.tuple.netns; }));
  view->events = events_report_;
  view->namespaces = namespaces(names);
  view->mptcp = tally_.mptcp;
  view->fin_wait_2_minisocks = tally_.fin_wait_2_minisocks;
  view->counters = counters_;
  view->trend = history_.trend(now_, view->tcp);
  view->close_wait_by_cause = leaks_.close_wait_by_cause();
  if (leaks_.oldest_close_wait() != Instant::max())
    view->oldest_close_wait = now_ - leaks_.oldest_close_wait();
  view->leaked = leaks_.size();
  view->leak_groups = leaks_.groups();
  view->listeners = listeners();
  view->sweep = sweep_;
  view->tracked = table_.size();
  view->tracked_limit = table_.capacity();
  view->observed = {.counts = packets_.model().counts(),
                    .tracked = packets_.model().size(),
                    .tracked_limit = packets_.model().capacity(),
                    .bytes = packets_.model().bytes(),
                    .degraded = packets_.model().degraded(),
                    .stats = packets_.model().stats(),
                    .disagreements = comparison_.counts()};
  view->backends = std::move(backends);
  view->totals = totals_;
  view->totals.refused = table_.refused();
  return view;
}

}  // namespace tcpstated
