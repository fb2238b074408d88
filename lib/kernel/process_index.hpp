// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which processes hold which sockets, as far as /proc shows: descriptors,
/// fixed files of an io_uring, and where descriptors are in flight.

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tcpstated {

/// One process for as long as the host is up: pids are used again.
struct ProcessId {
  std::int32_t pid = 0;
  std::uint64_t start_time = 0;  ///< clock ticks since boot

  auto operator<=>(const ProcessId&) const = default;
};

struct Process {
  ProcessId id;
  std::string
      command;         ///< at most 15 bytes as the kernel keeps it; printable()
  std::string cgroup;  ///< its path; printable()
  std::string unit;    ///< of systemd, "" if it is in none
  std::uint32_t uid = 0;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;  ///< soft limit; nullopt: unlimited
};

/// How a process holds a socket.
enum class HolderKind : std::uint8_t {
  Descriptor,
  IoUringFixed,  ///< registered with a ring, the descriptor itself closed
  InFlight,      ///< sent over a unix socket and not received yet
};

inline constexpr std::array<std::string_view, 3> kHolderKindLabels{
    "descriptor", "io_uring_fixed", "in_flight"};

[[nodiscard]] constexpr std::string_view label(HolderKind kind) {
  return kHolderKindLabels[static_cast<std::size_t>(kind)];
}

struct Holder {
  std::shared_ptr<const Process> process;
  std::int32_t fd = -1;  ///< of the socket, or of the ring that holds it
  HolderKind kind = HolderKind::Descriptor;
};

/// A unix socket in whose queue descriptors wait. /proc does not say which.
struct InFlightCandidate {
  std::shared_ptr<const Process> process;
  std::int32_t fd = -1;
  std::uint32_t descriptors = 0;
};

using InodeSet = boost::unordered_flat_set<std::uint64_t>;

/// Which inodes a scan is about. Refers to the set: keep it alive.
class InodeFilter {
 public:
  [[nodiscard]] static InodeFilter all() { return {}; }
  [[nodiscard]] static InodeFilter only(const InodeSet& inodes) {
    InodeFilter filter;
    filter.inodes_ = &inodes;
    return filter;
  }
  [[nodiscard]] bool wants(std::uint64_t inode) const {
    return inodes_ == nullptr || inodes_->contains(inode);
  }
  /// The set, nullptr if every inode is wanted.
  [[nodiscard]] const InodeSet* set() const { return inodes_; }

 private:
  const InodeSet* inodes_ = nullptr;
};

struct ProcessScan {
  boost::unordered_flat_map<std::uint64_t, std::vector<Holder>> holders;
  std::size_t processes_seen = 0;
  std::size_t processes_unreadable = 0;  ///< not, or not wholly, permitted
  std::size_t descriptors_read = 0;
  /// Only if an inode of the filter was found nowhere.
  std::vector<InFlightCandidate> in_flight_candidates;
};

/// Reads /proc anew with every call; keeps nothing. Belongs to one thread.
/// Without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH it sees only the processes of
/// its own user, and counts the others.
class ProcessIndex {
 public:
  explicit ProcessIndex(std::string root = "/proc") : root_(std::move(root)) {}

  /// One pass over every descriptor of every process (3 us each). A process
  /// that ends meanwhile is passed over. An Error: /proc itself is unreadable,
  /// or this program is out of descriptors or memory.
  [[nodiscard]] Result<ProcessScan> scan(const InodeFilter& wanted) const;

  /// What is known of one process without looking at its descriptors: needs no
  /// capability. Null if it has ended.
  [[nodiscard]] std::shared_ptr<const Process> describe(ProcessId id) const;

  /// Whether what a scan found is still so (3 us).
  [[nodiscard]] bool still_holds(const Holder& holder,
                                 std::uint64_t inode) const;

 private:
  std::string root_;
};

}  // namespace tcpstated
