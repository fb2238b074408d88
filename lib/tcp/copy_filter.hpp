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
  explicit CopyFilter(Duration window) : window_(window) {}

  /// Whether the same packet passed less than `window` ago. Remembers it.
  /// `path`: a hash of where it comes from and goes to that nobody can guess.
  [[nodiscard]] bool is_copy(const Segment& segment, std::uint64_t path) {
    const std::uint64_t print = fingerprint(segment, path);
    Passed& place = recent_[print % recent_.size()];
    const bool copy =
        place.fingerprint == print && segment.at - place.at < window_;
    if (!copy) place = {print, segment.at};
    return copy;
  }

 private:
  struct Passed {
    std::uint64_t fingerprint = 0;
    Instant at;
  };

  static std::uint64_t fingerprint(const Segment& segment, std::uint64_t path);

  Duration window_;
  std::array<Passed, 1024> recent_{};
};

}  // namespace tcpstated
