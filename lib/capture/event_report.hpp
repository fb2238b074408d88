// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What a source of kernel events knows beside states: how often sockets went
/// from which state to which, how long they stayed, what closed and is still
/// held, and what had to be repaired.

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "capture/event_source.hpp"
#include "capture/reconciler.hpp"
#include "tcp/state_change.hpp"

namespace tcpstated {

/// How long sockets stayed in a state. Buckets are cumulative only when shown.
struct DurationHistogram {
  static constexpr std::array<Duration, 10> kBounds{
      std::chrono::milliseconds(1),   std::chrono::milliseconds(10),
      std::chrono::milliseconds(100), std::chrono::seconds(1),
      std::chrono::seconds(10),       std::chrono::minutes(1),
      std::chrono::minutes(5),        std::chrono::minutes(15),
      std::chrono::hours(1),          std::chrono::hours(24)};

  std::array<std::uint64_t, kBounds.size() + 1> counts{};  ///< last: above all
  Duration sum{};

  void add(Duration duration) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && duration > kBounds[bucket]) ++bucket;
    ++counts[bucket];
    sum += duration;
  }
};

struct EventReport {
  EventTotals totals;
  Corrections corrections;
  std::uint64_t resyncs = 0;     ///< dumps because of a loss
  DurationHistogram close_wait;  ///< of sockets that left CLOSE_WAIT
  /// Closed sockets that a process still holds, in every namespace. `at` is
  /// when they closed (is_moment), or when they were found.
  std::vector<StateChange> detached;
};

}  // namespace tcpstated
