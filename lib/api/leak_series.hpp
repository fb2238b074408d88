// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Leaks as label sets that stay few: the processes with most leaked sockets by
/// name, the rest as "_other". No pid, no address.

#include <cstdint>
#include <string>
#include <vector>

#include "leak/leak.hpp"

namespace tcpstated {

struct LeakSeries {
  std::string process;  ///< command, "_unknown" or "_other"
  std::string unit;
  LeakCause cause = LeakCause::NotClosed;
  std::uint64_t sockets = 0;
};

struct FdSeries {
  std::string process;
  std::string unit;
  std::uint64_t open = 0;  ///< of the process nearest to its limit
  std::uint64_t limit = 0;
};

/// At most `max_processes` (process, unit) pairs and one "_other"; the sum over
/// all series is the number of leaked sockets.
[[nodiscard]] std::vector<LeakSeries> leak_series(
    const std::vector<LeakGroup>& groups, std::size_t max_processes);

[[nodiscard]] std::vector<FdSeries> fd_series(
    const std::vector<LeakGroup>& groups, std::size_t max_processes);

}  // namespace tcpstated
