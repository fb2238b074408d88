// SPDX-License-Identifier: Apache-2.0
#include "tcp/tcp_model.hpp"

#include <algorithm>
#include <deque>
#include <queue>
#include <unordered_map>
#include <utility>

#include "tcp/conversation_timers.hpp"
#include "tcp/copy_filter.hpp"
#include "tcp/segment_rules.hpp"
#include "tcp/traffic.hpp"

namespace tcpstated {
namespace {

using Slot = std::uint32_t;

/// A conversation in its place, and when it is looked at again.
struct Entry {
  Conversation conversation;
  std::unique_ptr<Traffic> traffic;
  Instant scheduled = Instant::max();
  bool in_use = false;
};

struct Deadline {
  Instant at;
  Slot slot = 0;

  bool operator>(const Deadline& other) const {
    return std::pair(at, slot) > std::pair(other.at, other.slot);
  }
};

/// Whether the same state is worth telling again. A hole in the data of the far
/// end makes any state of it doubtful for a moment; only of CLOSE-WAIT, which
/// raises alarms, is that told.
bool is_news(TcpState state, Quality told, Quality now) {
  if (state == TcpState::Closed) return false;
  return state == TcpState::CloseWait ? now != told : now > told;
}

/// The same for both directions.
SocketKey key_of(const Endpoint& a, const Endpoint& b) {
  return a <= b ? SocketKey{.tuple = {a, b}} : SocketKey{.tuple = {b, a}};
}

}  // namespace

struct TcpModel::Impl {
  Impl(const TcpModelOptions& given, std::uint64_t seed, IsLocal local)
      : options(given),
        is_local(std::move(local)),
        copies(seed, given.duplicate_window),
        slots(0, SocketKeyHash{seed}) {}

  Entry* find(const SocketKey& key) {
    const auto found = slots.find(key);
    return found == slots.end() ? nullptr : &entries[found->second];
  }

  Entry* open(const SocketKey& key) {
    if (slots.size() >= options.max_connections) {
      ++stats.refused;
      return nullptr;
    }
    Slot slot = 0;
    if (free.empty()) {
      slot = static_cast<Slot>(entries.size());
      entries.emplace_back();
    } else {
      slot = free.back();
      free.pop_back();
    }
    slots.emplace(key, slot);
    Entry& entry = entries[slot];
    entry = {};
    entry.in_use = true;
    Conversation& fresh = entry.conversation;
    fresh.endpoints = {key.tuple.local, key.tuple.remote};
    for (std::size_t i = 0; i < 2; ++i)
      fresh.ends[i].local = is_local(fresh.endpoints[i].ip);
    fresh.id = ++last_id;
    if (options.keep_traffic) entry.traffic = std::make_unique<Traffic>();
    return &entry;
  }

  [[nodiscard]] static ObservedEnd view(const Conversation& conversation,
                                        std::size_t i) {
    const End& end = conversation.ends[i];
    return {.endpoint = conversation.endpoints[i],
            .state = end.state,
            .quality = end.quality,
            .since = end.since,
            .local = end.local};
  }

  [[nodiscard]] static ObservedConnection view(const Entry& entry) {
    const Conversation& whole = entry.conversation;
    return {.id = whole.id,
            .ends = {view(whole, 0), view(whole, 1)},
            .last_seen = whole.last_seen,
            .traffic = entry.traffic.get()};
  }

  void forget(const Entry& entry) {
    if (forgotten) forgotten(view(entry));
  }

  void count(const End& end, bool there) {
    if (end.quality == Quality::Unknown || end.state == TcpState::Closed)
      return;
    auto& states = end.local ? counts.local : counts.remote;
    states[index(end.state)] += there ? 1 : std::uint64_t(-1);
  }

  void close(Entry& entry, Slot slot) {
    forget(entry);
    slots.erase(key_of(entry.conversation.endpoints[0],
                       entry.conversation.endpoints[1]));
    entry.in_use = false;
    free.push_back(slot);
  }

  [[nodiscard]] Slot slot_of(const SocketKey& key) const {
    return slots.at(key);
  }

  /// Tells which ends are in another state now, or known better, the one at
  /// `first` first.
  void settle(Conversation& conversation, std::size_t first, Instant at,
              ChangeReason reason) {
    for (const std::size_t i : {first, 1 - first}) {
      End& end = conversation.ends[i];
      const TcpState to = state_of(end);
      const Quality quality =
          quality_of(end, conversation.ends[1 - i], conversation.gap);
      const bool moved = to != end.state;
      if (!moved && !is_news(to, end.quality, quality)) continue;
      count(end, false);
      const TcpState from = end.state;
      end.state = to;
      end.quality = quality;
      count(end, true);
      if (moved) end.since = at;
      changes->push_back(
          {.connection = conversation.id,
           .tuple = {conversation.endpoints[i], conversation.endpoints[1 - i]},
           .at = at,
           .from = from,
           .to = to,
           .quality = quality,
           .reason = reason,
           .local = end.local});
    }
  }

  /// The old connection of these addresses ends, a new one begins.
  void restart(Entry& entry, Instant at) {
    Conversation& conversation = entry.conversation;
    for (End& end : conversation.ends) end.dead = Receipt::Confirmed;
    settle(conversation, 0, at, ChangeReason::Superseded);
    forget(entry);
    if (entry.traffic) *entry.traffic = {};
    for (End& end : conversation.ends) end = without_history(end);
    conversation.pending_syn.reset();
    conversation.gap = false;
    conversation.id = ++last_id;
  }

  void schedule(Entry& entry, Slot slot) {
    // What a late segment shows may be due already.
    const Instant at =
        std::max(next_deadline(entry.conversation, options), clock);
    // A later deadline is found when the earlier one is looked at.
    if (at >= entry.scheduled) return;
    entry.scheduled = at;
    deadlines.push({at, slot});
  }

  void run_deadline(const Deadline& due) {
    Entry& entry = entries[due.slot];
    if (!entry.in_use || entry.scheduled != due.at) return;  // outdated
    entry.scheduled = Instant::max();
    Conversation& conversation = entry.conversation;
    if (next_deadline(conversation, options) <= due.at) {
      if (conversation.is_over()) return close(entry, due.slot);
      const ChangeReason reason =
          apply_deadlines(conversation, due.at, options);
      settle(conversation, 0, due.at, reason);
      if (entry.traffic && conversation.is_over())
        note_closed(*entry.traffic, reason);
    }
    schedule(entry, due.slot);
  }

  void expire(Instant now) {
    while (!deadlines.empty() && deadlines.top().at <= now) {
      const Deadline due = deadlines.top();
      deadlines.pop();
      clock = due.at;
      run_deadline(due);
    }
    clock = std::max(clock, now);
  }

  void observe(const Segment& segment) {
    ++stats.segments;
    if (copies.is_copy(segment)) {
      ++stats.copies;
      return;
    }
    const SocketKey key = key_of(segment.from, segment.to);
    Entry* entry = find(key);
    if (entry == nullptr) {
      if (!may_begin(segment.flags)) {
        ++stats.ignored;
        return;
      }
      entry = open(key);
      if (entry == nullptr) return;
    }
    Conversation& conversation = entry->conversation;
    const std::size_t sender =
        segment.from == conversation.endpoints[0] ? 0 : 1;
    const std::uint64_t id = conversation.id;
    const Seq next_before = conversation.ends[sender].next;
    const bool sent_before = conversation.ends[sender].seen;
    const SegmentVerdict verdict = apply_segment(
        conversation, sender, segment, options,
        [this, entry](Conversation&, Instant at) { restart(*entry, at); });
    if (!verdict.accepted) ++stats.ignored;
    conversation.last_seen = segment.at;
    if (entry->traffic)
      note_segment(*entry->traffic, sender, segment,
                   sent_before && id == conversation.id
                       ? std::optional(next_before)
                       : std::nullopt);
    settle(conversation, sender, segment.at, verdict.reason);
    schedule(*entry, slot_of(key));
  }

  void observe(const HardError& error) {
    const SocketKey key = key_of(error.from, error.to);
    Entry* const entry = find(key);
    if (entry == nullptr) return;
    Conversation& conversation = entry->conversation;
    const std::size_t sender = error.from == conversation.endpoints[0] ? 0 : 1;
    const SegmentVerdict verdict =
        apply_hard_error(conversation, sender, error.seq);
    if (!verdict.accepted) return;
    settle(conversation, sender, error.at, verdict.reason);
    if (entry->traffic) note_closed(*entry->traffic, verdict.reason);
    schedule(*entry, slot_of(key));
  }

  TcpModelOptions options;
  IsLocal is_local;
  CopyFilter copies;
  std::deque<Entry> entries;
  std::vector<Slot> free;
  std::unordered_map<SocketKey, Slot, SocketKeyHash> slots;
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>>
      deadlines;
  Instant clock = Instant::min();  ///< what was told was not later
  Instant last_loss = Instant::min();
  std::uint64_t last_id = 0;
  TcpModelStats stats;
  ObservedCounts counts;
  std::function<void(const ObservedConnection&)> forgotten;
  std::vector<EndpointChange>* changes = nullptr;  ///< of the call in progress
};

TcpModel::TcpModel(const TcpModelOptions& options, std::uint64_t hash_seed,
                   IsLocal is_local)
    : impl_(std::make_unique<Impl>(options, hash_seed, std::move(is_local))) {}

TcpModel::~TcpModel() = default;

void TcpModel::observe(std::span<const Segment> segments,
                       std::vector<EndpointChange>& changes) {
  impl_->changes = &changes;
  for (const Segment& segment : segments) {
    impl_->expire(segment.at);
    impl_->observe(segment);
  }
}

void TcpModel::observe(const HardError& error,
                       std::vector<EndpointChange>& changes) {
  impl_->changes = &changes;
  impl_->expire(error.at);
  impl_->observe(error);
}

void TcpModel::expire(Instant now, std::vector<EndpointChange>& changes) {
  impl_->changes = &changes;
  impl_->expire(now);
}

void TcpModel::note_loss(Instant now) { impl_->last_loss = now; }

void TcpModel::set_local(IsLocal is_local) {
  impl_->is_local = std::move(is_local);
  for (Entry& entry : impl_->entries) {
    if (!entry.in_use) continue;
    for (std::size_t i = 0; i < 2; ++i) {
      End& end = entry.conversation.ends[i];
      impl_->count(end, false);
      end.local = impl_->is_local(entry.conversation.endpoints[i].ip);
      impl_->count(end, true);
    }
  }
}

void TcpModel::on_forgotten(
    std::function<void(const ObservedConnection& connection)> hook) {
  impl_->forgotten = std::move(hook);
}

std::optional<ObservedEnd> TcpModel::find(const FourTuple& tuple) const {
  const Entry* const entry = impl_->find(key_of(tuple.local, tuple.remote));
  if (entry == nullptr) return std::nullopt;
  const Conversation& conversation = entry->conversation;
  return Impl::view(conversation,
                    tuple.local == conversation.endpoints[0] ? 0 : 1);
}

void TcpModel::visit(
    const std::function<void(const ObservedConnection&)>& visitor) const {
  std::vector<const Entry*> by_id;
  for (const Entry& entry : impl_->entries)
    if (entry.in_use) by_id.push_back(&entry);
  std::ranges::sort(by_id, {},
                    [](const Entry* entry) { return entry->conversation.id; });
  for (const Entry* entry : by_id) visitor(Impl::view(*entry));
}

const ObservedCounts& TcpModel::counts() const { return impl_->counts; }
std::size_t TcpModel::size() const { return impl_->slots.size(); }
const TcpModelStats& TcpModel::stats() const { return impl_->stats; }

}  // namespace tcpstated
