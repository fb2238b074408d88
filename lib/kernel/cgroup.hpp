// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Control groups: which one a process is in, which systemd unit that is, and
/// which path a cgroup id of sock_diag stands for.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tcpstated {

/// The path out of /proc/PID/cgroup: of the unified hierarchy ("0::"), or, if
/// that says only "/" (hybrid and v1 hosts), of systemd's own ("name=systemd").
/// "/" if there is neither. Pure.
[[nodiscard]] std::string_view cgroup_of(std::string_view proc_cgroup);

/// The innermost systemd service or scope of a path, "" if there is none:
/// "/system.slice/app.service/worker" is "app.service". Pure.
[[nodiscard]] std::string_view unit_of(std::string_view cgroup);

/// Turns ids into paths, as long as the cgroup exists. Belongs to one thread.
/// Needs CAP_DAC_READ_SEARCH and a cgroup2 mount (open_by_handle_at, Linux
/// 5.6): without them every path_of() is an Error that says so.
class CgroupPaths {
 public:
  /// Finds the cgroup2 mount in `root`/self/mountinfo.
  explicit CgroupPaths(const std::string& root = "/proc");

  [[nodiscard]] Result<std::string> path_of(std::uint64_t id) const;

 private:
  std::string mount_point_;  ///< empty: no cgroup2 here
  UniqueFd mount_;
};

/// The mount point of the first cgroup2 file system, "" if there is none. Pure.
[[nodiscard]] std::string cgroup2_mount(std::string_view mountinfo);

}  // namespace tcpstated
