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
#include "tcp/four_tuple.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

/// Constant memory. Under load it may forget a packet before its copy comes,
/// which the state model bears: a copy changes hardly anything.
class CopyFilter {
 public:
  CopyFilter(std::uint64_t hash_seed, Duration window)
      : hash_{hash_seed}, window_(window) {}

  /// Whether the same packet passed less than `window` ago. Remembers it.
  [[nodiscard]] bool is_copy(const Segment& segment);

 private:
  struct Passed {
    std::uint64_t fingerprint = 0;
    Instant at;
  };

  SocketKeyHash hash_;
  Duration window_;
  std::array<Passed, 1024> recent_{};
};

}  // namespace tcpstated
