// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A token bucket. It is told the time, so tests need no sleep.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace tcpstated {

/// One token comes back every `interval`, up to `burst` of them.
struct RateLimit {
  Duration interval{0};  ///< 0: no limit
  std::size_t burst = 1;

  bool operator==(const RateLimit&) const = default;
};

/// What a configuration may ask for; their product is still a Duration.
inline constexpr Duration kMaxRateInterval = std::chrono::hours(1);
inline constexpr std::size_t kMaxRateBurst = 1'000'000;

class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit TokenBucket(RateLimit limit) : limit_(limit) {}

  /// Takes a token. If there is none: how long until there is one.
  [[nodiscard]] std::optional<Duration> take(Time now) {
    const Time full = std::max(full_, now) + limit_.interval;
    const Duration capacity =
        limit_.interval * static_cast<Duration::rep>(limit_.burst);
    if (full - now > capacity) return full - now - capacity;
    full_ = full;
    return std::nullopt;
  }

  /// The last one that was taken was not needed.
  void give_back() { full_ -= limit_.interval; }

 private:
  RateLimit limit_;
  Time full_{};  ///< when the bucket will be full again
};

}  // namespace tcpstated
