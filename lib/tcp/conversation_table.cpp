// SPDX-License-Identifier: Apache-2.0
#include "tcp/conversation_table.hpp"

#include <cassert>
#include <memory>
#include <type_traits>

namespace tcpstated {

static_assert(sizeof(Conversation) == 184);
static_assert(std::is_trivially_destructible_v<Conversation>);

Slot ConversationTable::insert(const EndpointPair& pair, std::uint64_t hash) {
  assert(!is_full());
  Slot slot = free_;
  if (slot == kNoSlot)
    slot = used_++;
  else
    free_ = rows_[slot].node.next;
  std::construct_at(&rows_[slot]);
  rows_[slot].endpoints = pair;
  rows_[slot].in_use = true;
  index_.insert(hash, slot,
                [&](Slot other) { return hash_(rows_[other].endpoints); });
  return slot;
}

void ConversationTable::erase(Slot slot) {
  index_.erase(hash_(rows_[slot].endpoints), slot);
  rows_[slot].in_use = false;
  rows_[slot].node.next = free_;
  free_ = slot;
}

}  // namespace tcpstated
