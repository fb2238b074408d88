// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// SYNs for connections that are still alive at their receiver: a challenge,
/// or the beginning of the next one (RFC 5961 4). Rare. Private to this room.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tcp/segment.hpp"

namespace tcpstated {

/// The answer comes within a round trip: so many at a time are enough, and no
/// stranger can make it more.
class PendingSyns {
 public:
  /// In place of what was pending for this connection, or for another one.
  void put(std::uint64_t connection, const Segment& syn) {
    if (pending_.empty()) pending_.resize(kMost);
    pending_[connection % kMost] = {connection, syn};
  }
  /// nullptr if there is none.
  [[nodiscard]] const Segment* find(std::uint64_t connection) const {
    if (pending_.empty()) return nullptr;
    const Pending& place = pending_[connection % kMost];
    return place.connection == connection ? &place.syn : nullptr;
  }

 private:
  static constexpr std::size_t kMost = 1024;
  struct Pending {
    std::uint64_t connection = 0;
    Segment syn;
  };
  std::vector<Pending> pending_;
};

}  // namespace tcpstated
