// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Why an endpoint is in another state now, as the packet view knows it.

#include <array>
#include <cstdint>
#include <string_view>

namespace tcpstated {

enum class ChangeReason : std::uint8_t {
  Segment,       ///< the segments say so (SYN, FIN, ACK)
  Reset,         ///< an acceptable RST
  Refused,       ///< a SYN answered by RST
  HardError,     ///< a SYN answered by ICMP
  Superseded,    ///< a new connection uses the same addresses and ports
  AckLost,       ///< the server sent its SYN-ACK again: it never got the ACK
  NotConfirmed,  ///< presumed delivered, but the endpoint never said so
  Timeout,       ///< a timer of the endpoint has run out
  Silence,       ///< nothing was sent again that had to be
  Evicted,       ///< dropped to make room
};

inline constexpr std::array<std::string_view, 10> kChangeReasonLabels{
    "segment",  "reset",         "refused", "hard_error", "superseded",
    "ack_lost", "not_confirmed", "timeout", "silence",    "evicted"};

[[nodiscard]] constexpr std::string_view label(ChangeReason reason) {
  return kChangeReasonLabels[static_cast<std::size_t>(reason)];
}

}  // namespace tcpstated
