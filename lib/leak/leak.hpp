// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One leaked socket, who holds it, and leaks summed up by who and why.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/process_index.hpp"
#include "leak/judge.hpp"
#include "table/connection.hpp"
#include "tcp/observed.hpp"

namespace tcpstated {

/// How far the search for the holders of a socket has come.
enum class Attribution : std::uint8_t {
  Pending,  ///< not searched yet
  Found,
  NotFound,      ///< in no process: in flight, or held by the kernel itself
  NotPermitted,  ///< not found, and some processes could not be read
  Off,           ///< the configuration says not to look
  PacketsOnly,   ///< seen in packets, which belong to no process
};

inline constexpr std::array<std::string_view, 6> kAttributionLabels{
    "pending", "found", "not_found", "not_permitted", "off", "packets_only"};

[[nodiscard]] constexpr std::string_view label(Attribution attribution) {
  return kAttributionLabels[static_cast<std::size_t>(attribution)];
}

/// What a search found for one inode. Shared by every leak that waits in the
/// accept queue of one listener.
struct Holders {
  Attribution attribution = Attribution::Pending;
  std::vector<Holder> holders;                ///< oldest process first
  std::vector<InFlightCandidate> candidates;  ///< only if nothing was found
};

struct Leak {
  Connection connection;
  LeakCause cause = LeakCause::NotClosed;
  Instant leaking_since;             ///< when it crossed the threshold
  std::optional<Endpoint> listener;  ///< NeverAccepted: who should accept
  /// Its own, or the listener's; several when SO_REUSEPORT listeners with a
  /// queue cannot be told apart.
  std::vector<std::uint64_t> held_inodes;
  std::shared_ptr<const Holders> holders;  ///< never null
  std::optional<ObservedEnd> peer;         ///< as packets show it
};

/// Leaks of one process with one cause. A socket with several holders is
/// counted once, with the one that has lived longest.
struct LeakGroup {
  std::shared_ptr<const Process> process;  ///< null: not known
  std::size_t other_processes = 0;         ///< that hold sockets of this group
  LeakCause cause = LeakCause::NotClosed;
  std::size_t sockets = 0;
  Leak oldest;  ///< the example to look at
};

/// Groups, largest first.
[[nodiscard]] std::vector<LeakGroup> group_leaks(
    const std::vector<const Leak*>& leaks);

}  // namespace tcpstated
