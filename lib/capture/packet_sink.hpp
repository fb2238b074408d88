// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Where a packet backend puts what it decoded.

#include <cstdint>
#include <memory>
#include <span>

#include "base/time.hpp"
#include "tcp/local_addresses.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

/// Called on the thread that drains the backend; spans are valid during the
/// call. Time never goes back, neither within a batch nor between calls.
class PacketSink {
 public:
  virtual ~PacketSink() = default;

  /// In the order in which they were captured.
  virtual void on_segments(std::span<const Segment> segments) = 0;

  /// In its place between two batches of segments.
  virtual void on_hard_error(const HardError& error) = 0;

  /// So many packets that ought to have been seen were not, until `now`.
  virtual void on_loss(Instant now, std::uint64_t packets) = 0;

  /// Before the first segment, and when the host's addresses change.
  virtual void on_local_addresses(
      std::shared_ptr<const LocalAddresses> ours) = 0;

  /// No packet older than `now` will be delivered any more.
  virtual void on_packet_time(Instant now) = 0;
};

}  // namespace tcpstated
