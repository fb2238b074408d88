// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Recognises the same packet when it passes a second device that is captured
/// too (a bridge and its ports, a tunnel): tens of microseconds later, equal in
/// everything. A retransmission has another IP identification.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

/// Constant memory. Under load it may forget a packet before its copy comes,
/// which the state model bears: a copy changes hardly anything.
class CopyFilter {
 public:
  explicit CopyFilter(Duration window)
      : window_(window / std::chrono::microseconds(1)) {}

  /// Whether the same packet passed less than `window` ago. Remembers it.
  /// `path`: a hash of where it comes from and goes to that nobody can guess.
  [[nodiscard]] bool is_copy(const Segment& segment, std::uint64_t path) {
    const std::uint64_t print = fingerprint(segment, path);
    const auto rest = static_cast<std::uint32_t>(print >> 32U);
    const auto now = static_cast<std::uint32_t>(segment.at.time_since_epoch() /
                                                std::chrono::microseconds(1));
    Passed& place = recent_[print % recent_.size()];
    const bool copy =
        place.rest == rest && std::int64_t{now - place.at} < window_;
    if (!copy) place = {rest, now};
    return copy;
  }

 private:
  /// Eight bytes, so that all of them stay in the nearest cache.
  struct Passed {
    std::uint32_t rest = 0;  ///< of the fingerprint
    std::uint32_t at = 0;    ///< microseconds, as far as they fit
  };

  static std::uint64_t fingerprint(const Segment& segment, std::uint64_t path);

  std::int64_t window_;  ///< in microseconds
  std::array<Passed, 1024> recent_{};
};

}  // namespace tcpstated
