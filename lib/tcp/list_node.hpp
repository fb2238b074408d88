// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Lists of slots through the rows of a table themselves. Private to this room.

#include <cstdint>

#include "tcp/slot_index.hpp"

namespace tcpstated {

/// In every row. A row is in one list at most. Ten bytes.
struct [[gnu::packed]] ListNode {
  Slot next = kNoSlot;
  Slot previous = kNoSlot;
  std::uint16_t list = 0;  ///< the owner of the lists knows what it means
};

/// A ring; `head` is its first, kNoSlot if it is empty. `rows[slot].node` are
/// the nodes.
template <class Rows>
void append(Rows& rows, Slot& head, Slot slot) {
  ListNode& node = rows[slot].node;
  if (head == kNoSlot) {
    node.next = node.previous = slot;
    head = slot;
    return;
  }
  const Slot last = rows[head].node.previous;
  node.next = head;
  node.previous = last;
  rows[last].node.next = slot;
  rows[head].node.previous = slot;
}

template <class Rows>
void unlink(Rows& rows, Slot& head, Slot slot) {
  const ListNode& node = rows[slot].node;
  const Slot next = node.next;
  const Slot previous = node.previous;
  if (next == slot) {
    head = kNoSlot;
    return;
  }
  rows[previous].node.next = next;
  rows[next].node.previous = previous;
  if (head == slot) head = next;
}

}  // namespace tcpstated
