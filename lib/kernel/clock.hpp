// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The kernel's clocks as durations. For those who may look at a clock:
/// backends, what asks the kernel, and the daemon.

#include <time.h>

#include "base/time.hpp"

namespace tcpstated {

[[nodiscard]] inline Duration to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

/// CLOCK_BOOTTIME is EventClock's on a live host.
[[nodiscard]] inline Duration read_clock(clockid_t which) {
  timespec now{};
  ::clock_gettime(which, &now);  // cannot fail for a clock that exists
  return to_duration(now);
}

}  // namespace tcpstated
