// SPDX-License-Identifier: Apache-2.0
#include "tcp/agenda.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace tcpstated {
namespace {

template <std::size_t... I>
auto wheels_over(ListNode* nodes, std::index_sequence<I...> /*unused*/) {
  return std::array{((void)I, TimerWheel(nodes))...};
}

}  // namespace

Agenda::Agenda(ConversationTable& table)
    : table_(table),
      nodes_(table.nodes()),
      wheels_(wheels_over(nodes_,
                          std::make_index_sequence<kEvictionClassCount>())) {
  parked_.fill(kNoSlot);
}

void Agenda::move(Slot slot, EvictionClass eviction, Instant due) {
  Conversation& row = table_[slot];
  if (!row.listed) {
    row.listed = true;
    row.list = kTaken;
    row.eviction = eviction;
    ++counts_[index(eviction)];
  } else if (row.eviction != eviction) {
    if (row.list != kSoon) delist(slot);
    --counts_[index(row.eviction)];
    ++counts_[index(eviction)];
    row.eviction = eviction;
  }
  const std::uint16_t list = row.list;
  if (list == kSoon) {
    // What it is down for may be too late now.
    if (tick_of(due) <= now_) add_soon({due, slot});
    return;
  }
  if (list != kTaken) {
    const Wheel& wheel = wheels_[index(eviction)];
    const bool early_enough = list == kParked
                                  ? due == Instant::max()
                                  : wheel.comes_up(list) <= tick_of(due);
    if (early_enough) return;
    delist(slot);
  }
  enlist(slot, due);
}

void Agenda::remove(Slot slot) {
  Conversation& row = table_[slot];
  if (!row.listed) return;
  if (row.list != kSoon) delist(slot);
  row.list = kTaken;
  row.listed = false;
  --counts_[index(row.eviction)];
}

/// From kTaken.
void Agenda::enlist(Slot slot, Instant due) {
  Conversation& row = table_[slot];
  if (due == Instant::max()) {
    append(nodes_, parked_[index(row.eviction)], slot);
    row.list = kParked;
  } else if (tick_of(due) <= now_) {
    add_soon({due, slot});
    row.list = kSoon;
  } else {
    Wheel& wheel = wheels_[index(row.eviction)];
    row.list = wheel.insert(slot, tick_of(due));
    next_turn_ = std::min(next_turn_, wheel.comes_up(row.list));
    quiet_ = std::min(quiet_, begin_of(next_turn_));
  }
}

/// To kTaken, but not from kSoon.
void Agenda::delist(Slot slot) {
  Conversation& row = table_[slot];
  if (row.list == kParked)
    unlink(nodes_, parked_[index(row.eviction)], slot);
  else if (row.list < kParked)
    wheels_[index(row.eviction)].remove(slot, row.list);
  row.list = kTaken;
}

void Agenda::add_soon(Due due) {
  soon_.push_back(due);
  std::push_heap(soon_.begin(), soon_.end(), std::greater<>());
  quiet_ = std::min(quiet_, due.at);
}

Tick Agenda::find_next_turn() const {
  Tick next = kNoTick;
  for (const Wheel& wheel : wheels_) next = std::min(next, wheel.next());
  return next;
}

Slot Agenda::victim(EvictionClass eviction) {
  if (count(eviction) == 0) return kNoSlot;
  Slot& parked = parked_[index(eviction)];
  const Slot soonest = wheels_[index(eviction)].soonest();
  // What was opened just now is looked at soon, and not idle.
  const bool idle_first = eviction == EvictionClass::Established;
  if (parked != kNoSlot && (idle_first || soonest == kNoSlot))
    return longest_idle(parked);
  if (soonest != kNoSlot) return soonest;
  // All of them are due within this tick.
  for (const Due& due : soon_) {
    const Conversation& row = table_[due.slot];
    if (row.listed && row.list == kSoon && row.eviction == eviction)
      return due.slot;
  }
  return kNoSlot;
}

/// Of the first few, which go to the back of the queue.
Slot Agenda::longest_idle(Slot& parked) {
  Slot idle = parked;
  for (int i = 0; i < kSample; ++i) {
    if (table_[parked].last_seen < table_[idle].last_seen) idle = parked;
    parked = nodes_[parked].next;
  }
  return idle;
}

}  // namespace tcpstated
