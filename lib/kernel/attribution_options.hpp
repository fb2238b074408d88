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
  Ebpf,    ///< a program in the kernel, nothing else
  Procfs,  ///< read /proc/*/fd
  Off,     ///< name no processes
};

inline constexpr std::array<std::string_view, 4> kAttributionMethodLabels{
    "auto", "ebpf", "procfs", "off"};

struct AttributionOptions {
  AttributionMethod method = AttributionMethod::Auto;
};

}  // namespace tcpstated
