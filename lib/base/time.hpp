// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Time as the data sees it. There is deliberately no EventClock::now(): the
/// tables and the leak detector are told the time, so recorded input replays
/// exactly and no test ever sleeps.

#include <chrono>

namespace tcpstated {

using Duration = std::chrono::nanoseconds;

/// CLOCK_BOOTTIME on a live host (a leak's age includes suspend), the packet
/// timestamps when a file is replayed. Only a capture backend mints Instants.
struct EventClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EventClock>;
  static constexpr bool is_steady = true;
};

using Instant = EventClock::time_point;
using WallTime = std::chrono::sys_time<Duration>;

/// Maps event time to wall time; refreshed by whoever owns the real clocks, so
/// that an NTP step moves what we print, never how long we think a socket hung.
struct WallAnchor {
  Instant event;
  WallTime wall;

  [[nodiscard]] constexpr WallTime to_wall(Instant at) const {
    return wall + (at - event);
  }
};

}  // namespace tcpstated
