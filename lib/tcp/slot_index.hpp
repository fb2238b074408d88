// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Finds the slots of a table by hash. Lines of one cache line hold ten tags
/// and slots each; a table that grows splits one line at an insertion (linear
/// hashing), so that no insertion waits for a rehash. Private to this room.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tcp/pages.hpp"

namespace tcpstated {

/// A row of a table.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

/// Keeps no keys: the owner of the slots compares and hashes.
class SlotIndex {
 public:
  /// At most so many slots.
  explicit SlotIndex(std::size_t capacity);

  /// The slot with this hash for which `matches(slot)`, or kNoSlot.
  template <class Matches>
  [[nodiscard]] Slot find(std::uint64_t hash, const Matches& matches) const {
    const Line* line = &lines_[line_of(hash)];
    for (;;) {
      for (std::size_t i = 0; i < kWays; ++i)
        if (line->tags[i] == tag_of(hash) && line->slots[i] != 0 &&
            matches(line->slots[i] - 1))
          return line->slots[i] - 1;
      if (line->more == 0) return kNoSlot;
      line = &overflow_[line->more - 1];
    }
  }

  /// Most likely the slot that find() will give; kNoSlot: it will give none, or
  /// has to look further.
  [[nodiscard]] Slot guess(std::uint64_t hash) const {
    const Line& line = lines_[line_of(hash)];
    for (std::size_t i = 0; i < kWays; ++i)
      if (line.tags[i] == tag_of(hash)) return line.slots[i] - 1;
    return kNoSlot;
  }

  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&lines_[line_of(hash)]);
  }

  /// `slot` is not in it yet. `hash_of(slot)` is asked of some that are.
  template <class HashOf>
  void insert(std::uint64_t hash, Slot slot, const HashOf& hash_of) {
    add(line_of(hash), {tag_of(hash), slot + 1});
    ++size_;
    if (size_ * kLoadDivisor <= line_count_ * kLoadDividend) return;
    const std::size_t bit = std::bit_floor(line_count_);
    const std::size_t from = line_count_ - bit;
    empty(from);
    ++line_count_;
    for (const Item& item : moving_)
      add((hash_of(item.slot_plus_one - 1) & bit) != 0 ? from + bit : from,
          item);
  }

  /// `slot` is in it.
  void erase(std::uint64_t hash, Slot slot);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Memory that was touched, at most.
  [[nodiscard]] std::size_t bytes() const {
    return (line_count_ + overflow_count_) * sizeof(Line);
  }

 private:
  static constexpr std::size_t kWays = 10;
  /// 5.5 slots to a line on average, so that few lines run over.
  static constexpr std::size_t kLoadDividend = 11;
  static constexpr std::size_t kLoadDivisor = 2;
  static constexpr std::size_t kFirstLines = 64;

  /// Slots are counted from 1: fresh pages are empty lines. The used ones are
  /// in front; only a full line has `more`.
  struct alignas(64) Line {
    std::array<std::uint16_t, kWays> tags;
    std::array<std::uint32_t, kWays> slots;
    std::uint32_t more;  ///< number of an overflow line, from 1
  };
  struct Item {
    std::uint16_t tag;
    std::uint32_t slot_plus_one;
  };

  static std::uint16_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint16_t>(hash >> 48U);
  }
  /// Lines that were not split yet hold what their other half will get.
  [[nodiscard]] std::size_t line_of(std::uint64_t hash) const {
    const std::size_t mask = std::bit_ceil(line_count_) - 1;
    const std::size_t line = hash & mask;
    return line < line_count_ ? line : hash & mask >> 1U;
  }
  void add(std::size_t line_number, Item item);
  void empty(std::size_t line_number);
  std::uint32_t take_overflow_line();
  void give_back(std::uint32_t number);

  Pages line_pages_;
  Pages overflow_pages_;
  Line* lines_;
  Line* overflow_;
  std::size_t line_count_ = kFirstLines;
  std::size_t size_ = 0;
  std::uint32_t overflow_count_ = 0;
  std::uint32_t free_overflow_ = 0;  ///< first of a chain, from 1
  std::vector<Item> moving_;
};

}  // namespace tcpstated
