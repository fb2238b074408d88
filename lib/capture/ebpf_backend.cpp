// SPDX-License-Identifier: Apache-2.0
#include "capture/ebpf_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <iterator>
#include <utility>

namespace tcpstated {
namespace {

constexpr Duration kCheckEvery = std::chrono::seconds(1);
/// While closed sockets are held: a leak is not told from a list that is as old
/// as the shortest threshold.
constexpr Duration kCheckEveryWhileHeld = std::chrono::milliseconds(200);
/// The ring holds 150,000 events: two seconds of the most connections that this
/// machine makes, 0.4 s of all their transitions.
constexpr Duration kDrainEvery = std::chrono::milliseconds(100);
constexpr Duration kDrainEveryWhenFull = std::chrono::milliseconds(50);
/// An application that closes does so sooner.
constexpr Duration kYoung = std::chrono::milliseconds(500);
/// Exact look-ups in one drain (2-3 us each).
constexpr std::size_t kMaxLookups = 500;
/// Passes over all descriptors when nothing is known to be elsewhere.
constexpr Duration kIdlePass = std::chrono::minutes(1);
constexpr std::size_t kBatch = 512;

constexpr StateSet kCloseWaitOnly{TcpState::CloseWait};

class Rows final : public RowSink {
 public:
  void on_rows(std::span<const StateChange> more) override {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  std::vector<StateChange> rows;
};

StateChange closed(const SocketRef& ref, Instant at) {
  StateChange row{.tuple = ref.tuple,
                  .at = at,
                  .to = TcpState::Closed,
                  .quality = Quality::Kernel,
                  .is_moment = true};
  row.socket.cookie = ref.cookie;
  row.socket.ipv6 = ref.ipv6;
  return row;
}

/// The moment of an event with what a later look says of the socket.
StateChange moment(const FollowedSocket& known, const SocketFacts& facts) {
  return {.tuple = known.ref.tuple,
          .at = known.changed,
          .to = known.state,
          .quality = Quality::Kernel,
          .is_moment = true,
          .socket = facts};
}

}  // namespace

EbpfBackend::EbpfBackend(std::unique_ptr<EventSource> source,
                         std::unique_ptr<SocketView> view,
                         std::unique_ptr<HeldSockets> held,
                         const EbpfOptions& options)
    : source_(std::move(source)),
      view_(std::move(view)),
      held_(std::move(held)),
      options_(options),
      known_(kCloseWaitOnly),
      detached_(held_ != nullptr) {
  source_->set_mode(mode_);
}

Duration EbpfBackend::period() const {
  return mode_ == EventMode::Full ? kDrainEveryWhenFull : kDrainEvery;
}

void EbpfBackend::report_every_transition(bool wanted) {
  const EventMode mode = wanted ? EventMode::Full : EventMode::CloseWait;
  if (std::exchange(mode_, mode) == mode) return;
  source_->set_mode(mode);
}

Result<> EbpfBackend::drain(CaptureSink& sink) {
  if (auto read = read_events(sink); !read) return read;
  if (auto told = announce_survivors(sink); !told) return told;
  const Instant now = source_->now();
  if (now < next_check_ && !std::exchange(closed_held_, false)) return {};
  auto checked = check(sink);
  next_check_ =
      now + (report_.detached.empty() ? kCheckEvery : kCheckEveryWhileHeld);
  return checked;
}

Result<> EbpfBackend::read_events(CaptureSink& sink) {
  auto read = source_->drain(
      [&](const SocketEvent& event) { take_event(event, sink); });
  flush(sink);
  return read;
}

void EbpfBackend::take_event(const SocketEvent& event, CaptureSink& sink) {
  ++stats_.received;
  if (mode_ == EventMode::Full) events_.push_back(event);
  const bool matters =
      event.from == TcpState::CloseWait || event.to == TcpState::CloseWait;
  // MPTCP connections have a view of their own: the sweeps of sock_diag.
  if (matters && event.protocol == Protocol::Tcp) {
    const auto effect = known_.apply(event);
    const bool own = event.tuple.netns == 0;
    if (effect.left) {
      if (!own) --elsewhere_;
      closed_held_ =
          closed_held_ || (event.to == TcpState::Closed && event.has_file);
      if (effect.before.exact)
        report_.close_wait.add(event.at - effect.before.changed);
      changes_.push_back(closed(effect.before.ref, event.at));
    }
    if (effect.entered && own) young_.push_back({event.cookie, event.at});
    if (effect.entered && !own) ++elsewhere_;
  }
  if (changes_.size() >= kBatch || events_.size() >= kBatch) flush(sink);
}

void EbpfBackend::flush(CaptureSink& sink) {
  if (!changes_.empty()) sink.on_changes(changes_);
  if (!events_.empty()) sink.on_events(events_);
  changes_.clear();
  events_.clear();
}

Result<> EbpfBackend::announce_survivors(CaptureSink& sink) {
  const Instant old = source_->now() - kYoung;
  std::vector<SocketRef> survivors;
  while (!young_.empty() && young_.front().at <= old &&
         survivors.size() < kMaxLookups) {
    const FollowedSocket* known = known_.find(young_.front().cookie);
    if (known != nullptr && known->changed == young_.front().at)
      survivors.push_back(known->ref);
    young_.pop_front();
  }
  if (survivors.empty()) return {};
  Rows found;
  auto asked = view_->look_up(survivors, found);
  for (const StateChange& row : found.rows)
    if (row.to == TcpState::CloseWait)
      if (const auto* known = known_.find(row.socket.cookie)) {
        changes_.push_back(moment(*known, row.socket));
        changes_.push_back(row);
      }
  flush(sink);
  return asked;
}

Result<> EbpfBackend::reconcile(CaptureSink& sink) {
  known_.begin_dump(source_->now());
  Rows dumped;
  const auto dump = view_->dump_tcp(kCloseWaitOnly, dumped);
  auto read = read_events(sink);
  if (!dump || !read) known_.abandon_dump();
  if (!dump) return std::unexpected(dump.error());
  if (!read) return read;
  ++stats_.snapshots;
  if (!dump->complete) ++stats_.snapshots_failed;
  const auto unexplained =
      known_.merge(DumpScope::Own, dumped.rows, dump->complete);
  Rows asked;
  if (auto done = view_->look_up(unexplained, asked); !done) return done;
  // What closed after the look-up has an event that says so.
  if (read = read_events(sink); !read) return read;
  for (const StateChange& row : asked.rows)
    if (known_.find(row.socket.cookie) != nullptr) known_.still_there(row);
  if (!dump->complete) return {};
  if (std::exchange(resync_, false)) ++report_.resyncs;
  next_reconcile_ =
      source_->now() + std::max(options_.reconcile_interval,
                                std::chrono::duration_cast<Duration>(
                                    dump->cpu / options_.max_core_share));
  return {};
}

bool EbpfBackend::wants_pass(Instant now) const {
  if (!held_ || now < next_pass_) return false;
  return elsewhere_ > 0 || detached_.wants_pass(now) || now >= next_idle_pass_;
}

Result<> EbpfBackend::pass_over_descriptors(CaptureSink& sink) {
  const Instant began = source_->now();
  known_.begin_dump(began);
  std::vector<StateChange> others;
  std::vector<StateChange> closed_ones;
  boost::unordered_flat_set<std::uint64_t> seen;  // several may hold one
  const auto cpu =
      held_->visit({TcpState::CloseWait, TcpState::Listen, TcpState::Closed},
                   [&](const HeldSocket& held) {
                     const StateChange& row = held.socket;
                     if (row.socket.protocol == Protocol::Mptcp) return;
                     const bool is_closed = row.to == TcpState::Closed;
                     if (!is_closed && row.tuple.netns == 0) return;
                     if (seen.insert(row.socket.cookie).second)
                       (is_closed ? closed_ones : others).push_back(row);
                   });
  auto read = read_events(sink);
  if (!cpu || !read) known_.abandon_dump();
  if (!cpu) return std::unexpected(cpu.error());
  if (!read) return read;
  for (const SocketRef& gone : known_.merge(DumpScope::Others, others, true)) {
    known_.gone(gone.cookie);
    changes_.push_back(closed(gone, source_->now()));
  }
  detached_.learn_pass(began, closed_ones);
  announce_others(others);
  flush(sink);
  next_pass_ = began + std::max(options_.pass_interval,
                                std::chrono::duration_cast<Duration>(
                                    *cpu / options_.max_core_share));
  next_idle_pass_ = began + kIdlePass;
  return {};
}

/// Everything of other namespaces becomes a row here and nowhere else: only now
/// its queues and its file are known.
void EbpfBackend::announce_others(const std::vector<StateChange>& rows) {
  boost::unordered_flat_set<std::uint64_t> mentioned;
  std::vector<StateChange> listening;
  for (const StateChange& row : rows) {
    mentioned.insert(row.socket.cookie);
    if (row.to == TcpState::Listen) {
      listening.push_back(row);
      changes_.push_back(row);
    } else if (const auto* known = known_.find(row.socket.cookie)) {
      if (known->exact) changes_.push_back(moment(*known, row.socket));
      changes_.push_back(row);
    }
  }
  for (const StateChange& row : listening_elsewhere_)
    if (!mentioned.contains(row.socket.cookie))
      changes_.push_back(closed(ref_to(row), source_->now()));
  listening_elsewhere_ = std::move(listening);
  elsewhere_ = 0;
  known_.visit([&](const FollowedSocket& known) {
    if (known.ref.tuple.netns == 0) return;
    ++elsewhere_;
    if (mentioned.contains(known.ref.cookie) || !known.exact) return;
    SocketFacts waiting;  // in an accept queue, as far as can be known
    waiting.cookie = known.ref.cookie;
    waiting.ipv6 = known.ref.ipv6;
    waiting.receive_queue = 1;
    changes_.push_back(moment(known, waiting));
  });
}

Result<> EbpfBackend::check(CaptureSink& sink) {
  const Instant now = source_->now();
  const auto totals = source_->totals();
  if (!totals) return std::unexpected(totals.error());
  note_losses(*totals);
  if (resync_ || now >= next_reconcile_)
    if (auto done = reconcile(sink); !done) return done;
  const auto remembered = source_->detached();
  if (!remembered) return std::unexpected(remembered.error());
  detached_.learn_events(*remembered);
  if (wants_pass(now))
    if (auto done = pass_over_descriptors(sink); !done) return done;
  report_.totals = *totals;
  report_.corrections = known_.corrections();
  report_.detached = detached_.list();
  stats_.detail = fmt::format(
      "{} events, {} lost, {} rescued, {} corrections; {} sockets in "
      "close_wait "
      "in other namespaces",
      totals->reported, stats_.lost, totals->rescued,
      report_.corrections.total(), elsewhere_);
  sink.on_event_report(report_);
  return {};
}

/// The ring was full, or the first program was skipped and the second one too.
void EbpfBackend::note_losses(const EventTotals& totals) {
  const std::uint64_t unrescued =
      totals.missed - std::min(totals.missed, totals.rescued);
  // The two are not read at the same moment: what counts is what stays.
  const std::uint64_t skipped =
      std::min(std::exchange(unrescued_, unrescued), unrescued);
  const std::uint64_t lost = std::max(stats_.lost, totals.lost + skipped);
  if (lost > stats_.lost) resync_ = true;
  stats_.lost = lost;
}

}  // namespace tcpstated
