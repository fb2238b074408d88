// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The capabilities of this process: which it has, and giving up the others.

#include <array>
#include <cstdint>
#include <functional>
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

/// What of the kernel's eBPF works here, once it was tried.
struct KernelPrograms {
  bool holders = false;       ///< who holds which socket
  bool events_wanted = true;  ///< false: the configuration says not to
  std::string no_events;      ///< why there are no events; "" if there are
  /// Whether they go on working without the capabilities that loaded them
  /// (Linux 5.19; before, every bpf() call needs them).
  bool independent = true;

  [[nodiscard]] bool in_use() const { return holders || no_events.empty(); }
};

/// Whether `attempt` succeeds without the capabilities of eBPF; they are given
/// back afterwards.
[[nodiscard]] bool works_without_bpf(const std::function<bool()>& attempt);

/// Drops every capability that the daemon does not need once everything is open
/// and loaded. /proc/PID/fd of other users needs CAP_SYS_PTRACE and
/// CAP_DAC_READ_SEARCH together, and is read unless attribution.method says
/// ebpf or off: fixed files of an io_uring are seen nowhere else. Programs that
/// are loaded need CAP_BPF and CAP_PERFMON only in older kernels; a capture on
/// an interface that comes later needs CAP_NET_RAW. Before the first thread
/// starts: capabilities belong to threads.
[[nodiscard]] Result<> drop_capabilities(const Config& config,
                                         const KernelPrograms& programs);

/// "CAP_SYS_PTRACE", ... : the effective set of the calling thread.
[[nodiscard]] std::vector<std::string> effective_capabilities();

/// What works here fully, and what needs which capability.
[[nodiscard]] std::vector<Ability> abilities(
    const std::vector<std::string>& capabilities, AttributionMethod attribution,
    const KernelPrograms& programs);

}  // namespace tcpstated
