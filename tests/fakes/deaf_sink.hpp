// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A sink for tests that want to hear only some of what a backend says.

#include "capture/capture_backend.hpp"

namespace tcpstated {

class DeafSink : public CaptureSink {
 public:
  void on_changes(std::span<const StateChange>) override {}
  void on_snapshot_begin(Instant) override {}
  void on_snapshot_end(const SnapshotReport&) override {}
  void on_counters(const TcpCounters&) override {}
  void on_events(std::span<const SocketEvent>) override {}
  void on_event_report(const EventReport&) override {}
  void on_segments(std::span<const Segment>) override {}
  void on_hard_error(const HardError&) override {}
  void on_loss(Instant, std::uint64_t) override {}
  void on_local_addresses(std::shared_ptr<const LocalAddresses>) override {}
  void on_packet_time(Instant) override {}
  void on_time(Instant) override {}
};

}  // namespace tcpstated
