// SPDX-License-Identifier: Apache-2.0
#include "capture/segment_batch.hpp"

#include <utility>

namespace tcpstated {

std::uint64_t FrameCounts::unreadable() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < dropped.size(); ++i)
    if (is_unreadable(static_cast<DropReason>(i))) sum += dropped[i];
  return sum;
}

void SegmentBatch::add(const DecodedFrame& frame, PacketSink& sink) {
  ++counts_.frames;
  if (frame.at < now_)
    ++counts_.out_of_order;
  else
    now_ = frame.at;
  if (const auto* segment = std::get_if<Segment>(&frame.what)) {
    segments_.push_back(*segment);
    segments_.back().at = now_;
    if (segments_.size() == kCapacity) flush(sink);
  } else if (const auto* error = std::get_if<HardError>(&frame.what)) {
    flush(sink);
    HardError in_time = *error;
    in_time.at = now_;
    sink.on_hard_error(in_time);
  } else {
    ++counts_.dropped[std::to_underlying(std::get<DropReason>(frame.what))];
  }
}

void SegmentBatch::flush(PacketSink& sink) {
  if (segments_.empty()) return;
  sink.on_segments(segments_);
  segments_.clear();
}

}  // namespace tcpstated
