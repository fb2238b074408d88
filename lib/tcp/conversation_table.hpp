// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every connection that is followed, found by its two endpoints. Rows never
/// move, no insertion takes long, and memory is touched only as it is needed.
/// Private to this room.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "tcp/conversation.hpp"
#include "tcp/endpoint_pair.hpp"
#include "tcp/list_node.hpp"
#include "tcp/pages.hpp"
#include "tcp/slot_index.hpp"

namespace tcpstated {

class ConversationTable {
 public:
  /// What one connection takes, the index included.
  static constexpr std::size_t kBytesPerRow =
      sizeof(Conversation) + sizeof(ListNode) + 14;

  ConversationTable(std::size_t capacity, std::uint64_t hash_seed)
      : capacity_(capacity),
        hash_(hash_seed),
        index_(capacity),
        row_pages_(capacity * sizeof(Conversation), PageSize::Huge),
        node_pages_(capacity * sizeof(ListNode), PageSize::Usual),
        rows_(row_pages_.as<Conversation>()),
        nodes_(node_pages_.as<ListNode>()) {}

  [[nodiscard]] std::uint64_t hash(const EndpointPair& pair) const {
    return hash_(pair);
  }

  // g++ drops calls of what only prefetches, unless it is inlined.

  /// For many at once: first this of all of them, so that its line of the index
  /// is near ...
  [[gnu::always_inline]] void prefetch_index(std::uint64_t hash) const {
    index_.prefetch(hash);
  }
  /// ... then this, so that its row is, and its node: the one that find() will
  /// most likely give.
  [[nodiscard]] Slot guess(std::uint64_t hash, bool with_node) const {
    const Slot slot = index_.guess(hash);
    if (slot == kNoSlot) return slot;
    prefetch(slot);
    if (with_node) __builtin_prefetch(&nodes_[slot]);
    return slot;
  }
  [[nodiscard]] bool is_at(Slot slot, const EndpointPair& pair) const {
    return slot != kNoSlot && rows_[slot].in_use &&
           pair == rows_[slot].endpoints;
  }
  [[gnu::always_inline]] void prefetch(Slot slot) const {
    const auto* const bytes = reinterpret_cast<const char*>(&rows_[slot]);
    for (const std::size_t at : {0UL, 64UL, 128UL, sizeof(Conversation) - 1})
      __builtin_prefetch(bytes + at);
  }

  [[nodiscard]] Slot find(const EndpointPair& pair, std::uint64_t hash) const {
    return index_.find(
        hash, [&](Slot slot) { return pair == rows_[slot].endpoints; });
  }

  /// A fresh one, which is not in the table yet. There must be room.
  Slot insert(const EndpointPair& pair, std::uint64_t hash);
  void erase(Slot slot);

  [[nodiscard]] Conversation& operator[](Slot slot) const {
    return rows_[slot];
  }
  /// One for each slot; not the table's business.
  [[nodiscard]] ListNode* nodes() const { return nodes_; }
  [[nodiscard]] Slot slot_of(const Conversation& row) const {
    return static_cast<Slot>(&row - rows_);
  }
  [[nodiscard]] std::size_t size() const { return index_.size(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool is_full() const { return size() >= capacity_; }
  /// Of memory, at most. It does not shrink: the next flood would only take it
  /// again.
  [[nodiscard]] std::size_t bytes() const {
    return used_ * (sizeof(Conversation) + sizeof(ListNode)) + index_.bytes();
  }

  /// In the order of their slots.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for_each_of(0, used_, visit);
  }
  /// Of `most` slots from `first` on; returns the next one, 0 after the last.
  template <class Visit>
  Slot for_each_of(Slot first, Slot most, const Visit& visit) const {
    const Slot end =
        first + std::min<Slot>(most, used_ - std::min(first, used_));
    for (Slot slot = first; slot < end; ++slot)
      if (rows_[slot].in_use) visit(slot, rows_[slot]);
    return end < used_ ? end : 0;
  }

 private:
  [[nodiscard]] std::uint64_t hash_of(Slot slot) const {
    const auto& [first, second] = rows_[slot].endpoints;
    return hash_({first, second});
  }

  std::size_t capacity_;
  PairHash hash_;
  SlotIndex index_;
  Pages row_pages_;
  Pages node_pages_;
  Conversation* rows_;
  ListNode* nodes_;
  Slot used_ = 0;        ///< so many were ever in use at once
  Slot free_ = kNoSlot;  ///< first of a chain of nodes
};

}  // namespace tcpstated
