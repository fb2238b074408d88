// SPDX-License-Identifier: Apache-2.0
#include "tcp/slot_index.hpp"

#include <cassert>

namespace tcpstated {

SlotIndex::SlotIndex(std::size_t capacity)
    : line_pages_((capacity * kLoadDivisor / kLoadDividend + kFirstLines + 1) *
                      sizeof(Line),
                  PageSize::Huge),
      overflow_pages_((capacity / kWays + 1) * sizeof(Line), PageSize::Usual),
      lines_(line_pages_.as<Line>()),
      overflow_(overflow_pages_.as<Line>()) {
  static_assert(sizeof(Line) == 64);
}

void SlotIndex::add(std::size_t line_number, Item item) {
  Line* line = &lines_[line_number];
  while (line->more != 0) line = &overflow_[line->more - 1];
  if (line->slots[kWays - 1] != 0) {
    line->more = take_overflow_line();
    line = &overflow_[line->more - 1];
  }
  std::size_t i = 0;
  while (line->slots[i] != 0) ++i;
  line->tags[i] = item.tag;
  line->slots[i] = item.slot_plus_one;
}

/// To moving_.
void SlotIndex::empty(std::size_t line_number) {
  moving_.clear();
  std::uint32_t more = 0;
  for (Line* line = &lines_[line_number];; line = &overflow_[more - 1]) {
    for (std::size_t i = 0; i < kWays && line->slots[i] != 0; ++i)
      moving_.push_back({line->tags[i], line->slots[i]});
    const std::uint32_t next = line->more;
    *line = {};
    if (more != 0) give_back(more);
    if (next == 0) return;
    more = next;
  }
}

void SlotIndex::erase(std::uint64_t hash, Slot slot) {
  Line* line = &lines_[line_of(hash)];
  std::uint32_t* place = nullptr;
  std::uint16_t* tag = nullptr;
  Line* before = nullptr;  // the last one
  for (;;) {
    for (std::size_t i = 0; i < kWays; ++i) {
      if (line->slots[i] != slot + 1) continue;
      place = &line->slots[i];
      tag = &line->tags[i];
    }
    if (line->more == 0) break;
    before = line;
    line = &overflow_[line->more - 1];
  }
  assert(place != nullptr);
  // The last one takes its place.
  std::size_t last = kWays - 1;
  while (line->slots[last] == 0) --last;
  *place = line->slots[last];
  *tag = line->tags[last];
  line->slots[last] = 0;
  line->tags[last] = 0;
  if (last == 0 && before != nullptr) {
    give_back(before->more);
    before->more = 0;
  }
  --size_;
}

std::uint32_t SlotIndex::take_overflow_line() {
  if (free_overflow_ == 0) return ++overflow_count_;
  const std::uint32_t number = free_overflow_;
  free_overflow_ = overflow_[number - 1].more;
  overflow_[number - 1].more = 0;
  return number;
}

void SlotIndex::give_back(std::uint32_t number) {
  overflow_[number - 1].more = free_overflow_;
  free_overflow_ = number;
}

}  // namespace tcpstated
