// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What the daemon knows about itself, and what it cannot do here. Filled once
/// at start by daemon/; a value.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace tcpstated {

/// Something that works fully only with a permission we may not have.
struct Ability {
  std::string name;  ///< "process_names"
  bool available = true;
  std::string missing;  ///< "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
  std::string effect;   ///< what is not known without it
  std::string how;      ///< what would give it
};

struct DaemonInfo {
  std::string version;
  std::string revision;
  std::string compiler;
  std::string hostname;
  std::int32_t pid = 0;
  WallTime started;
  std::vector<std::string> capabilities;  ///< effective, "CAP_..."
  std::vector<Ability> abilities;
};

/// Resources of the daemon itself, read when asked (/proc/self).
struct ProcessSelf {
  double cpu_seconds = 0;
  double start_time_seconds = 0;  ///< Unix time
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t virtual_bytes = 0;
  std::optional<std::uint64_t> max_virtual_bytes;  ///< nullopt: unlimited
  std::uint64_t resident_bytes = 0;
  std::uint64_t threads = 0;
};

}  // namespace tcpstated
