// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every knob of finding the processes that hold sockets.

#include <array>
#include <cstdint>
#include <string_view>

namespace tcpstated {

enum class AttributionMethod : std::uint8_t {
  Auto,    ///< the best that works here
  Procfs,  ///< read /proc/*/fd
  Off,     ///< name no processes
};

inline constexpr std::array<std::string_view, 3> kAttributionMethodLabels{
    "auto", "procfs", "off"};

struct AttributionOptions {
  AttributionMethod method = AttributionMethod::Auto;
};

}  // namespace tcpstated
