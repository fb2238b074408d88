// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which connection goes first when room is needed for another.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcpstated {

struct Conversation;

/// In the order in which they go. What leaks are found from goes last.
enum class EvictionClass : std::uint8_t {
  Unanswered,   ///< one end never said anything: a SYN, a stray segment
  HalfOpen,     ///< the handshake is not finished
  Closed,       ///< remembered for its late segments only
  TimeWait,     ///< TIME-WAIT or CLOSED at both ends
  Established,  ///< at both ends, the longest idle first
  HalfClosed,   ///< everything else: CLOSE-WAIT and its peers
};

inline constexpr std::size_t kEvictionClassCount = 6;
inline constexpr std::array<std::string_view, kEvictionClassCount>
    kEvictionClassLabels{"unanswered", "half_open",   "closed",
                         "time_wait",  "established", "half_closed"};

[[nodiscard]] constexpr std::size_t index(EvictionClass eviction) {
  return static_cast<std::size_t>(eviction);
}
[[nodiscard]] constexpr std::string_view label(EvictionClass eviction) {
  return kEvictionClassLabels[index(eviction)];
}

[[nodiscard]] EvictionClass eviction_class_of(const Conversation& conversation);

}  // namespace tcpstated
