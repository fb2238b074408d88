// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A sink that keeps what a packet backend says, and checks its promise about
/// time while it listens.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fakes/deaf_sink.hpp"

namespace tcpstated {

class RecordingSink final : public DeafSink {
 public:
  void on_segments(std::span<const Segment> batch) override {
    EXPECT_FALSE(batch.empty());
    EXPECT_LE(batch.size(), 64U);
    for (const Segment& segment : batch) {
      note(segment.at);
      segments.push_back(segment);
      order += 's';
    }
    ++batches;
  }
  void on_hard_error(const HardError& error) override {
    note(error.at);
    order += 'e';
  }
  void on_loss(Instant at, std::uint64_t packets) override {
    note(at);
    lost += packets;
    order += 'l';
  }
  void on_local_addresses(std::shared_ptr<const LocalAddresses> ours) override {
    addresses.push_back(std::move(ours));
    order += 'a';
  }
  void on_packet_time(Instant at) override {
    note(at);
    ++times;
  }

  /// The sources' ports, as numbered() frames have them.
  [[nodiscard]] std::vector<int> ports() const {
    std::vector<int> found;
    for (const Segment& segment : segments) found.push_back(segment.from.port);
    return found;
  }

  std::vector<Segment> segments;
  std::vector<std::shared_ptr<const LocalAddresses>> addresses;
  std::string order;  ///< of the calls that are not about time alone
  std::uint64_t lost = 0;
  std::size_t batches = 0;
  std::size_t times = 0;
  Instant now = Instant::min();

 private:
  void note(Instant at) {
    EXPECT_GE(at, now) << "time goes back";
    now = at;
  }
};

}  // namespace tcpstated
