// SPDX-License-Identifier: Apache-2.0
#include "tcp/conversation_table.hpp"

#include <cassert>
#include <memory>
#include <type_traits>

namespace tcpstated {

static_assert(sizeof(Conversation) == 176);
static_assert(std::is_trivially_destructible_v<Conversation>);

Slot ConversationTable::insert(const EndpointPair& pair, std::uint64_t hash) {
  assert(!is_full());
  Slot slot = free_;
  if (slot == kNoSlot)
    slot = used_++;
  else
    free_ = nodes_[slot].next;
  std::construct_at(&rows_[slot]);
  rows_[slot].endpoints = {pair.first(), pair.second()};
  rows_[slot].in_use = true;
  index_.insert(hash, slot, [&](Slot other) { return hash_of(other); });
  return slot;
}

void ConversationTable::erase(Slot slot) {
  index_.erase(hash_of(slot), slot);
  rows_[slot].in_use = false;
  nodes_[slot].next = free_;
  free_ = slot;
}

}  // namespace tcpstated
