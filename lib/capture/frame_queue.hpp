// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Frames of several sources put into the order of time. Each source has a
/// queue; what is older than everything still to come may be delivered.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "capture/segment_batch.hpp"

namespace tcpstated {

/// Decoded frames of one source that wait for those of others.
class FrameQueue {
 public:
  void push(const Frame& frame) {
    frames_.push_back({frame.at, decode(frame)});
    latest_ = std::max(latest_, frame.at);
  }

  [[nodiscard]] bool empty() const { return next_ == frames_.size(); }
  [[nodiscard]] std::size_t size() const { return frames_.size() - next_; }
  /// Of the next frame; Instant::max() if there is none.
  [[nodiscard]] Instant next_at() const {
    return empty() ? Instant::max() : frames_[next_].at;
  }
  /// Of the latest frame that ever was in it.
  [[nodiscard]] Instant latest() const { return latest_; }

  /// Moves the frames at the front that are not later than `until`.
  void deliver(Instant until, SegmentBatch& batch, PacketSink& sink);

 private:
  std::vector<DecodedFrame> frames_;
  std::size_t next_ = 0;
  Instant latest_ = Instant::min();
};

/// Moves everything that is not later than `until`, oldest first.
void deliver_merged(std::span<FrameQueue* const> queues, Instant until,
                    SegmentBatch& batch, PacketSink& sink);

}  // namespace tcpstated
