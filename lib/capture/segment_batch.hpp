// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// From decoded frames to a PacketSink: in batches, counted, and with a time
/// that never goes back. The last station of every packet backend.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "capture/packet_sink.hpp"
#include "packet/decode.hpp"

namespace tcpstated {

/// A frame that was decoded; its bytes may be gone.
struct DecodedFrame {
  Instant at;
  Decoded what;
};

/// What became of the frames, running totals.
struct FrameCounts {
  std::uint64_t frames = 0;
  /// Those that became nothing, by DropReason.
  std::array<std::uint64_t, kDropReasonLabels.size()> dropped{};
  /// Older than one before it: delivered at the time of that one.
  std::uint64_t out_of_order = 0;

  [[nodiscard]] std::uint64_t unreadable() const;
};

class SegmentBatch {
 public:
  SegmentBatch() { segments_.reserve(kCapacity); }

  /// May deliver what has gathered. Frames that became nothing let time pass.
  void add(const DecodedFrame& frame, PacketSink& sink);
  /// Delivers what has gathered.
  void flush(PacketSink& sink);

  /// That of the latest frame.
  [[nodiscard]] Instant now() const { return now_; }
  /// Time that passed without frames; an earlier one is ignored.
  void advance(Instant now) { now_ = std::max(now_, now); }
  [[nodiscard]] const FrameCounts& counts() const { return counts_; }

 private:
  /// So many a table can prefetch.
  static constexpr std::size_t kCapacity = 64;

  std::vector<Segment> segments_;
  Instant now_ = Instant::min();
  FrameCounts counts_;
};

}  // namespace tcpstated
