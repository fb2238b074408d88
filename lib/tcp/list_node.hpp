// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Private to this room. Lists of the rows of a table. Their links lie apart
/// from the rows: moving one touches two neighbours, and those are close here.

#include "tcp/slot_index.hpp"

namespace tcpstated {

/// One for every row, which is in one list at most.
struct ListNode {
  Slot next;
  Slot previous;
};

/// A ring; `head` is its first, kNoSlot if it is empty.
inline void append(ListNode* nodes, Slot& head, Slot slot) {
  ListNode& node = nodes[slot];
  if (head == kNoSlot) {
    node.next = node.previous = slot;
    head = slot;
    return;
  }
  const Slot last = nodes[head].previous;
  node.next = head;
  node.previous = last;
  nodes[last].next = slot;
  nodes[head].previous = slot;
}

inline void unlink(ListNode* nodes, Slot& head, Slot slot) {
  const ListNode& node = nodes[slot];
  const Slot next = node.next;
  const Slot previous = node.previous;
  if (next == slot) {
    head = kNoSlot;
    return;
  }
  nodes[previous].next = next;
  nodes[next].previous = previous;
  if (head == slot) head = next;
}

}  // namespace tcpstated
