// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The texts of /proc/PID, parsed. Pure: a process chooses parts of them, so
/// every function takes any bytes.
///
/// Source: proc_pid_stat(5), fs/proc/{array,base}.c, io_uring/fdinfo.c,
/// net/unix/af_unix.c (Linux 6.18).

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tcpstated {

/// What /proc/PID/stat says of a process.
struct ProcStat {
  std::string_view command;      ///< as the process set it, any bytes
  char state = '?';              ///< 'Z': its main thread has ended
  std::uint64_t start_time = 0;  ///< clock ticks since boot
};

/// The name stands in parentheses and may hold some itself: what counts is the
/// last one. nullopt if there are fewer than 22 fields.
[[nodiscard]] std::optional<ProcStat> parse_stat(std::string_view text);

/// The effective user id out of /proc/PID/status.
[[nodiscard]] std::optional<std::uint32_t> parse_uid(std::string_view status);

/// The soft limit of open files out of /proc/PID/limits; nullopt if unlimited.
[[nodiscard]] std::optional<std::uint64_t> parse_max_fds(
    std::string_view limits);

/// 4711 out of "socket:[4711]".
[[nodiscard]] std::optional<std::uint64_t> parse_socket_link(
    std::string_view link);

/// A file registered with an io_uring: "    3: socket:[4711]".
struct FixedFile {
  std::int32_t slot = 0;
  std::uint64_t inode = 0;
};

/// The sockets among the fixed files, out of the fdinfo of a ring. The kernel
/// leaves the list out while the ring is busy.
[[nodiscard]] std::vector<FixedFile> parse_fixed_files(std::string_view fdinfo);

/// Descriptors that wait in the receive queue of a unix socket ("scm_fds", out
/// of its fdinfo, Linux 5.9); 0 if there are none.
[[nodiscard]] std::uint32_t parse_in_flight(std::string_view fdinfo);

}  // namespace tcpstated
