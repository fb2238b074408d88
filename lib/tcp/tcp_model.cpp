// SPDX-License-Identifier: Apache-2.0
#include "tcp/tcp_model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tcp/agenda.hpp"
#include "tcp/conversation_table.hpp"
#include "tcp/conversation_timers.hpp"
#include "tcp/copy_filter.hpp"
#include "tcp/segment_rules.hpp"
#include "tcp/state_ledger.hpp"
#include "tcp/traffic.hpp"

namespace tcpstated {
namespace {

std::size_t capacity_of(const TcpModelOptions& options) {
  constexpr std::size_t kMostSlots = std::size_t{1} << 30U;
  const std::size_t row = ConversationTable::kBytesPerRow +
                          (options.keep_traffic ? sizeof(Traffic) : 0);
  return std::min(
      {options.max_connections, options.max_bytes / row, kMostSlots});
}

/// What is asked of a table for one segment.
struct Coming {
  EndpointPair pair;
  std::uint64_t hash = 0;
  Slot guess = kNoSlot;
};

/// Most of them put down another time for their connection.
bool is_control(TcpFlags flags) { return flags.syn || flags.fin || flags.rst; }

}  // namespace

struct TcpModel::Impl {
  Impl(const TcpModelOptions& given, std::uint64_t seed, IsLocal local)
      : options(given),
        is_local(std::move(local)),
        copies(given.duplicate_window),
        table(capacity_of(given), seed),
        agenda(table) {}

  [[nodiscard]] RuleContext rules() {
    return {.options = options,
            .pending_syns = pending_syns,
            .restart = {.restart = &Impl::restart, .owner = this},
            .last_loss = last_loss};
  }
  [[nodiscard]] TimerContext timers() const {
    return {.options = options, .last_loss = last_loss};
  }

  // Coming and going.

  Slot open(const EndpointPair& pair, std::uint64_t hash, Instant at) {
    if (!make_room(at)) {
      ++stats.refused;
      return kNoSlot;
    }
    const Slot slot = table.insert(pair, hash);
    Conversation& fresh = table[slot];
    fresh.id = ++last_id;
    fresh.last_seen = at;
    for (std::size_t i = 0; i < 2; ++i)
      fresh.ends[i].local = is_local(fresh.endpoints[i].ip);
    if (options.keep_traffic) {
      if (traffic.size() <= slot) traffic.resize(slot + 1);
      traffic[slot] = std::make_unique<Traffic>();
    }
    note_fill();
    return slot;
  }

  bool make_room(Instant at) {
    const std::size_t share =
        std::min(options.max_unanswered, (table.capacity() + 1) / 2);
    if (agenda.count(EvictionClass::Unanswered) >= share &&
        evict(EvictionClass::Unanswered, at))
      return true;
    if (!table.is_full()) return true;
    for (std::size_t i = 0; i < kEvictionClassCount; ++i)
      if (evict(static_cast<EvictionClass>(i), at)) return true;
    return false;
  }

  bool evict(EvictionClass eviction, Instant at) {
    const Slot slot = agenda.victim(eviction);
    if (slot == kNoSlot) return false;
    Conversation& conversation = table[slot];
    for (End& end : conversation.ends) end.dead = Receipt::Confirmed;
    conversation.gap = true;  // nothing that is said of it is sure
    ledger.settle(conversation, 0, at, ChangeReason::Evicted);
    ++stats.evicted[index(eviction)];
    if (eviction >= EvictionClass::Established) degraded = true;
    close(slot);
    return true;
  }

  void close(Slot slot) {
    forget(slot);
    agenda.remove(slot);
    table.erase(slot);
    if (options.keep_traffic) traffic[slot].reset();
    note_fill();
  }

  void note_fill() {
    const std::size_t percent = table.size() * 100;
    if (percent > table.capacity() * 95) degraded = true;
    if (percent < table.capacity() * 85) degraded = false;
  }

  void forget(Slot slot) {
    if (forgotten) forgotten(view(slot));
  }

  /// The old connection of these addresses ends, a new one begins.
  static void restart(void* owner, Conversation& conversation, Instant at) {
    Impl& self = *static_cast<Impl*>(owner);
    for (End& end : conversation.ends) end.dead = Receipt::Confirmed;
    self.ledger.settle(conversation, 0, at, ChangeReason::Superseded);
    const Slot slot = self.table.slot_of(conversation);
    self.forget(slot);
    if (self.options.keep_traffic) *self.traffic[slot] = {};
    for (End& end : conversation.ends) end = without_history(end);
    conversation.has_pending_syn = conversation.gap = false;
    conversation.id = ++self.last_id;
  }

  // Time.

  [[nodiscard]] Instant due(const Conversation& conversation) const {
    // What a late segment shows may be due already.
    return std::max(next_look(conversation, clock, timers()), clock);
  }

  void put_down(Slot slot) {
    const Conversation& conversation = table[slot];
    agenda.put(slot, eviction_class_of(conversation), due(conversation));
  }

  void expire(Instant now) {
    if (reported_loss > last_loss) {
      // Whatever was due before that happened before.
      run_agenda(std::min(reported_loss, now));
      last_loss = reported_loss;
    }
    if (agenda.may_be_due(now)) run_agenda(now);
    clock = std::max(clock, now);
  }

  void run_agenda(Instant now) {
    const auto due_of = [this](Slot slot) { return due(table[slot]); };
    while (const auto look = agenda.take_due(now, due_of)) {
      clock = look->at;
      run_deadlines(*look);
    }
  }

  void run_deadlines(const Agenda::Due& look) {
    Conversation& conversation = table[look.slot];
    if (next_deadline(conversation, timers()) <= look.at) {
      if (conversation.is_over()) return close(look.slot);
      const ChangeReason reason =
          apply_deadlines(conversation, look.at, timers());
      ledger.settle(conversation, 0, look.at, reason);
      if (options.keep_traffic && conversation.is_over())
        note_closed(*traffic[look.slot], reason);
    }
    put_down(look.slot);
  }

  // Segments.

  /// The memory that they need comes while others before them are dealt with:
  /// first the lines of the index, a little later the rows.
  void observe_batch(std::span<const Segment> batch) {
    std::array<Coming, kBatch> all;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      all[i].pair = {batch[i].from, batch[i].to};
      all[i].hash = table.hash(all[i].pair);
      table.prefetch_index(all[i].hash);
    }
    const auto guess = [&](std::size_t i) {
      if (i < batch.size())
        all[i].guess = table.guess(all[i].hash, is_control(batch[i].flags));
    };
    for (std::size_t i = 0; i < kAhead; ++i) guess(i);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      guess(i + kAhead);
      expire(batch[i].at);
      observe(batch[i], all[i]);
    }
  }

  void observe(const Segment& segment, const Coming& coming) {
    ++stats.segments;
    const std::size_t sender = coming.pair.index_of_from();
    const std::uint64_t path = sender == 0 ? coming.hash : ~coming.hash;
    if (copies.is_copy(segment, path)) {
      ++stats.copies;
      return;
    }
    Slot slot = table.is_at(coming.guess, coming.pair)
                    ? coming.guess
                    : table.find(coming.pair, coming.hash);
    if (slot == kNoSlot) {
      if (!may_begin(segment.flags)) {
        ++stats.ignored;
        return;
      }
      slot = open(coming.pair, coming.hash, segment.at);
      if (slot == kNoSlot) return;
    }
    Conversation& conversation = table[slot];
    const SegmentVerdict verdict =
        options.keep_traffic
            ? apply_and_count(slot, sender, segment)
            : apply_segment(conversation, sender, segment, rules());
    if (!verdict.accepted) ++stats.ignored;
    conversation.last_seen = segment.at;
    ledger.settle(conversation, sender, segment.at, verdict.reason);
    put_down(slot);
  }

  SegmentVerdict apply_and_count(Slot slot, std::size_t sender,
                                 const Segment& segment) {
    Conversation& conversation = table[slot];
    const std::uint64_t id = conversation.id;
    const Seq next_before = conversation.ends[sender].next;
    const bool sent_before = conversation.ends[sender].seen;
    const SegmentVerdict verdict =
        apply_segment(conversation, sender, segment, rules());
    note_segment(*traffic[slot], sender, segment,
                 sent_before && id == conversation.id
                     ? std::optional(next_before)
                     : std::nullopt,
                 verdict.accepted);
    return verdict;
  }

  void observe(const HardError& error) {
    const EndpointPair pair(error.from, error.to);
    const Slot slot = table.find(pair, table.hash(pair));
    if (slot == kNoSlot) return;
    const SegmentVerdict verdict =
        apply_hard_error(table[slot], pair.index_of_from(), error.seq);
    if (!verdict.accepted) return;
    ledger.settle(table[slot], pair.index_of_from(), error.at, verdict.reason);
    if (options.keep_traffic) note_closed(*traffic[slot], verdict.reason);
    put_down(slot);
  }

  // What is known.

  [[nodiscard]] static ObservedEnd view(const Conversation& conversation,
                                        std::size_t i) {
    const End& end = conversation.ends[i];
    return {.endpoint = conversation.endpoints[i],
            .state = end.state,
            .quality = end.quality,
            .since = end.since,
            .local = end.local,
            .next = end.next,
            .acked = end.acked};
  }

  [[nodiscard]] ObservedConnection view(Slot slot) const {
    const Conversation& whole = table[slot];
    return {.id = whole.id,
            .ends = {view(whole, 0), view(whole, 1)},
            .last_seen = whole.last_seen,
            .traffic = options.keep_traffic ? traffic[slot].get() : nullptr};
  }

  static constexpr std::size_t kBatch = 32;
  /// Rows under way at a time: with more, memory gives them in no less time.
  static constexpr std::size_t kAhead = 6;

  TcpModelOptions options;
  IsLocal is_local;
  CopyFilter copies;
  ConversationTable table;
  Agenda agenda;
  StateLedger ledger;
  PendingSyns pending_syns;
  std::vector<std::unique_ptr<Traffic>> traffic;  ///< by slot, if it is kept
  Instant clock = Instant::min();  ///< what was told was not later
  Instant last_loss = Instant::min();
  Instant reported_loss = Instant::min();  ///< last_loss from the next step on
  std::uint64_t last_id = 0;
  TcpModelStats stats;
  bool degraded = false;
  std::function<void(const ObservedConnection&)> forgotten;
};

TcpModel::TcpModel(const TcpModelOptions& options, std::uint64_t hash_seed,
                   IsLocal is_local)
    : impl_(std::make_unique<Impl>(options, hash_seed, std::move(is_local))) {}

TcpModel::~TcpModel() = default;

void TcpModel::observe(std::span<const Segment> segments,
                       std::vector<EndpointChange>& changes) {
  impl_->ledger.tell(changes);
  while (!segments.empty()) {
    const std::size_t n = std::min(segments.size(), Impl::kBatch);
    impl_->observe_batch(segments.first(n));
    segments = segments.subspan(n);
  }
}

void TcpModel::observe(const HardError& error,
                       std::vector<EndpointChange>& changes) {
  impl_->ledger.tell(changes);
  impl_->expire(error.at);
  impl_->observe(error);
}

void TcpModel::expire(Instant now, std::vector<EndpointChange>& changes) {
  impl_->ledger.tell(changes);
  impl_->expire(now);
}

void TcpModel::note_loss(Instant now) {
  impl_->reported_loss = std::max(impl_->reported_loss, now);
}

void TcpModel::set_local(IsLocal is_local) {
  impl_->is_local = std::move(is_local);
  impl_->table.for_each([this](Slot slot, Conversation& conversation) {
    for (std::size_t i = 0; i < 2; ++i)
      impl_->ledger.relocate(conversation.ends[i],
                             impl_->is_local(conversation.endpoints[i].ip));
    impl_->put_down(slot);  // we wait otherwise for some that we sit beside
  });
}

void TcpModel::on_forgotten(
    std::function<void(const ObservedConnection& connection)> hook) {
  impl_->forgotten = std::move(hook);
}

std::optional<ObservedEnd> TcpModel::find(const FourTuple& tuple) const {
  const EndpointPair pair(tuple.local, tuple.remote);
  const Slot slot = impl_->table.find(pair, impl_->table.hash(pair));
  if (slot == kNoSlot) return std::nullopt;
  return Impl::view(impl_->table[slot], pair.index_of_from());
}

void TcpModel::visit(
    const std::function<void(const ObservedConnection&)>& visitor) const {
  std::vector<std::pair<std::uint64_t, Slot>> by_id;
  by_id.reserve(impl_->table.size());
  impl_->table.for_each([&](Slot slot, const Conversation& conversation) {
    by_id.emplace_back(conversation.id, slot);
  });
  std::ranges::sort(by_id);
  for (const auto& [id, slot] : by_id) visitor(impl_->view(slot));
}

std::size_t TcpModel::visit_some(
    std::size_t from, std::size_t most,
    const std::function<void(const ObservedConnection&)>& visitor) const {
  const auto first = static_cast<Slot>(from);
  const Slot next = impl_->table.for_each_of(
      first, static_cast<Slot>(most),
      [&](Slot slot, const Conversation&) { visitor(impl_->view(slot)); });
  return next;
}

const ObservedCounts& TcpModel::counts() const {
  return impl_->ledger.counts();
}
std::size_t TcpModel::size() const { return impl_->table.size(); }
std::size_t TcpModel::capacity() const { return impl_->table.capacity(); }
std::size_t TcpModel::bytes() const { return impl_->table.bytes(); }
bool TcpModel::degraded() const { return impl_->degraded; }
const TcpModelStats& TcpModel::stats() const { return impl_->stats; }

}  // namespace tcpstated
