// SPDX-License-Identifier: Apache-2.0
#include "capture/frame_queue.hpp"

namespace tcpstated {

void FrameQueue::deliver(Instant until, SegmentBatch& batch, PacketSink& sink) {
  constexpr std::size_t kWorthMoving = 1024;
  while (next_ < frames_.size() && frames_[next_].at <= until)
    batch.add(frames_[next_++], sink);
  if (next_ == frames_.size() ||
      (next_ >= kWorthMoving && next_ > frames_.size() / 2)) {
    frames_.erase(frames_.begin(),
                  frames_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }
}

void deliver_merged(std::span<FrameQueue* const> queues, Instant until,
                    SegmentBatch& batch, PacketSink& sink) {
  if (queues.empty()) return;
  for (;;) {
    FrameQueue* const oldest =
        *std::ranges::min_element(queues, {}, &FrameQueue::next_at);
    if (oldest->empty() || oldest->next_at() > until) return;
    // As long as it stays the oldest one there is nothing to compare.
    Instant others = until;
    for (const FrameQueue* queue : queues)
      if (queue != oldest) others = std::min(others, queue->next_at());
    oldest->deliver(others, batch, sink);
  }
}

}  // namespace tcpstated
