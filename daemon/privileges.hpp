// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The capabilities of this process: which it has, and giving up the others.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/daemon_info.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "kernel/attribution_options.hpp"

namespace tcpstated {

enum class KeepCapabilities : std::uint8_t { Auto, All };

inline constexpr std::array<std::string_view, 2> kKeepCapabilitiesLabels{"auto",
                                                                         "all"};

/// Drops every capability that the daemon does not need once its sockets are
/// open: /proc/PID/fd of other users needs CAP_SYS_PTRACE and
/// CAP_DAC_READ_SEARCH together, a capture on an interface that comes later
/// CAP_NET_RAW, everything else needs none (Linux 6.18, kernel-views.md section
/// 5). Before the first thread starts: capabilities belong to threads.
[[nodiscard]] Result<> drop_capabilities(const Config& config);

/// "CAP_SYS_PTRACE", ... : the effective set of the calling thread.
[[nodiscard]] std::vector<std::string> effective_capabilities();

/// What works here fully, and what needs which capability.
[[nodiscard]] std::vector<Ability> abilities(
    const std::vector<std::string>& capabilities,
    AttributionMethod attribution);

}  // namespace tcpstated
