// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which rows of a table are to be looked at when: four wheels of 256 spokes,
/// each turning once while the next one moves by a spoke. Putting in, taking
/// out and coming up cost the same however many there are. Private to this
/// room.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "tcp/list_node.hpp"

namespace tcpstated {

/// Coarse time: the wheel does not care how long one is.
using Tick = std::int64_t;
inline constexpr Tick kNoTick = std::numeric_limits<Tick>::max();

/// A row comes up at its tick, or earlier: then its owner puts it in again. The
/// owner also remembers which spoke it is on.
class TimerWheel {
 public:
  static constexpr std::uint16_t kSpokes = 4 * 256;

  explicit TimerWheel(ListNode* nodes) : nodes_(nodes) { heads_.fill(kNoSlot); }

  /// `due`: after now. Says on which spoke it is.
  std::uint16_t insert(Slot slot, Tick due) {
    constexpr Tick kMost = (Tick{1} << 32U) - 1;
    due = std::min(due, now_ + kMost);
    unsigned level = 0;
    while (due - now_ >= Tick{256} << 8U * level) ++level;
    const auto spoke = static_cast<std::uint16_t>(
        level * 256 + static_cast<unsigned>(due >> 8U * level & 255));
    append(nodes_, heads_[spoke], slot);
    occupied_[spoke / 64] |= std::uint64_t{1} << spoke % 64;
    return spoke;
  }

  void remove(Slot slot, std::uint16_t spoke) {
    unlink(nodes_, heads_[spoke], slot);
    if (heads_[spoke] == kNoSlot) vacate(spoke);
  }

  /// When what is on this spoke comes up.
  [[nodiscard]] Tick comes_up(std::uint16_t spoke) const {
    const unsigned shift = spoke / 256U * 8;
    const Tick turned = now_ >> shift;
    const Tick steps = ((spoke - turned - 1) & 255) + 1;
    return (turned + steps) << shift;
  }

  /// When something comes up next.
  [[nodiscard]] Tick next() const {
    const std::uint16_t spoke = next_spoke();
    return spoke == kSpokes ? kNoTick : comes_up(spoke);
  }

  /// One of those that come up next; kNoSlot if there is none.
  [[nodiscard]] Slot soonest() const {
    const std::uint16_t spoke = next_spoke();
    return spoke == kSpokes ? kNoSlot : heads_[spoke];
  }

  /// Turns to `now`, at most next(). What comes up then is taken out, and
  /// appended to `up`.
  void turn(Tick now, std::vector<Slot>& up) {
    now_ = now;
    for (unsigned level = 0; level < 4; ++level) {
      if ((now & ((Tick{1} << 8U * level) - 1)) != 0) return;
      const auto spoke = static_cast<std::uint16_t>(
          level * 256 + static_cast<unsigned>(now >> 8U * level & 255));
      const Slot first = std::exchange(heads_[spoke], kNoSlot);
      if (first == kNoSlot) continue;
      vacate(spoke);
      Slot slot = first;
      do {
        up.push_back(slot);
        slot = nodes_[slot].next;
      } while (slot != first);
    }
  }

 private:
  void vacate(std::uint16_t spoke) {
    occupied_[spoke / 64] &= ~(std::uint64_t{1} << spoke % 64);
  }

  /// Of one level: the first one that is occupied after the one it stands at.
  [[nodiscard]] unsigned steps_to_occupied(unsigned level) const {
    const auto at = static_cast<unsigned>(now_ >> 8U * level & 255);
    for (unsigned step = 1; step <= 256;) {
      const unsigned spoke = (at + step) & 255U;
      const std::uint64_t rest =
          occupied_[level * 4 + spoke / 64] >> spoke % 64;
      if (rest != 0)
        return step + static_cast<unsigned>(std::countr_zero(rest));
      step += 64 - spoke % 64;
    }
    return 0;
  }

  [[nodiscard]] std::uint16_t next_spoke() const {
    std::uint16_t best = kSpokes;
    for (unsigned level = 0; level < 4; ++level) {
      const unsigned steps = steps_to_occupied(level);
      if (steps == 0) continue;
      const auto at = static_cast<unsigned>(now_ >> 8U * level & 255);
      const auto spoke =
          static_cast<std::uint16_t>(level * 256 + ((at + steps) & 255U));
      if (best == kSpokes || comes_up(spoke) < comes_up(best)) best = spoke;
    }
    return best;
  }

  ListNode* nodes_;
  Tick now_ = 0;
  std::array<Slot, kSpokes> heads_;
  std::array<std::uint64_t, kSpokes / 64> occupied_{};
};

}  // namespace tcpstated
