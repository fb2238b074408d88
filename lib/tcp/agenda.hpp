// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// When each connection is looked at again, and which goes first when room is
/// needed: both from the same lists, since what ends by itself soonest is also
/// missed least. Private to this room.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "tcp/conversation_table.hpp"
#include "tcp/eviction.hpp"
#include "tcp/timer_wheel.hpp"

namespace tcpstated {

/// Nothing moves for a packet: a deadline that was put off is noticed when the
/// earlier one comes.
class Agenda {
 public:
  struct Due {
    Instant at;
    Slot slot = kNoSlot;

    bool operator>(const Due& other) const {
      return at != other.at ? at > other.at : slot > other.slot;
    }
  };

  explicit Agenda(ConversationTable& table);

  /// Puts it in, or down for another time or class. Instant::max(): there is
  /// nothing to look at.
  void put(Slot slot, EvictionClass eviction, Instant due) {
    const Conversation& row = table_[slot];
    const bool stays_parked = row.list == kParked && row.listed &&
                              row.eviction == eviction && due == Instant::max();
    if (!stays_parked) move(slot, eviction, due);
  }
  void remove(Slot slot);

  /// Whether take_due(now) may have something. Cheap.
  [[nodiscard]] bool may_be_due(Instant now) const { return now >= quiet_; }

  /// The next one down for `now` or before, in the order of time, then of
  /// slots; it has to be put in again or removed. `due_of(slot)` tells when it
  /// is due really.
  template <class DueOf>
  std::optional<Due> take_due(Instant now, const DueOf& due_of);

  [[nodiscard]] std::size_t count(EvictionClass eviction) const {
    return counts_[index(eviction)];
  }
  /// Which of that class is missed least; kNoSlot if there is none.
  [[nodiscard]] Slot victim(EvictionClass eviction);

 private:
  using Wheel = TimerWheel;
  // What the list of a row means beyond the spokes of the wheel of its class.
  enum Place : std::uint16_t {
    kParked = Wheel::kSpokes,  ///< nothing to look at
    kSoon,                     ///< in soon_
    kTaken,                    ///< out of everything, but counted
  };
  /// A millisecond, about.
  static constexpr unsigned kTickBits = 20;
  /// As old as the older ones of so many is old enough.
  static constexpr int kSample = 8;

  static Tick tick_of(Instant at) {
    return at.time_since_epoch().count() >> kTickBits;
  }
  static Instant begin_of(Tick tick) {
    return tick == kNoTick ? Instant::max() : Instant(Duration(tick * kTick));
  }
  static constexpr Tick kTick = Tick{1} << kTickBits;

  void move(Slot slot, EvictionClass eviction, Instant due);
  void enlist(Slot slot, Instant due);
  void delist(Slot slot);
  void add_soon(Due due);
  Slot longest_idle(Slot& parked);
  [[nodiscard]] Tick find_next_turn() const;

  ConversationTable& table_;
  ListNode* nodes_;
  std::array<Wheel, kEvictionClassCount> wheels_;
  std::array<Slot, kEvictionClassCount> parked_;
  std::array<std::size_t, kEvictionClassCount> counts_{};
  /// A heap of what is due in this tick, and of what was until it was put down
  /// for another time.
  std::vector<Due> soon_;
  std::vector<Slot> up_;  ///< what comes up now
  Tick now_ = 0;
  Tick next_turn_ = kNoTick;        ///< of any wheel, or before
  Instant quiet_ = Instant::min();  ///< until then
};

template <class DueOf>
std::optional<Agenda::Due> Agenda::take_due(Instant now, const DueOf& due_of) {
  for (;;) {
    if (!soon_.empty() && soon_.front().at <= now) {
      const Due due = soon_.front();
      std::pop_heap(soon_.begin(), soon_.end(), std::greater<>());
      soon_.pop_back();
      if (table_[due.slot].list != kSoon) continue;
      table_[due.slot].list = kTaken;
      return due;
    }
    const Tick target = std::min(next_turn_, tick_of(now));
    now_ = target;
    up_.clear();
    for (Wheel& wheel : wheels_) wheel.turn(target, up_);
    if (target < next_turn_) break;
    next_turn_ = find_next_turn();
    for (const Slot slot : up_) table_.prefetch(slot);
    for (const Slot slot : up_) {
      table_[slot].list = kTaken;
      enlist(slot, due_of(slot));
    }
  }
  quiet_ = std::min(begin_of(next_turn_),
                    soon_.empty() ? Instant::max() : soon_.front().at);
  return std::nullopt;
}

}  // namespace tcpstated
