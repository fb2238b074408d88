// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Reading small files of /proc. What they mean is parsed elsewhere.

#include <cstddef>
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tcpstated {

/// No file of /proc that is read here comes near this size.
inline constexpr std::size_t kMaxProcFile = std::size_t{16} * 1024 * 1024;

/// The whole of a file, relative to the directory `directory` (or AT_FDCWD).
/// The Error's code tells a vanished process (ENOENT, ESRCH) from a forbidden
/// one (EACCES, EPERM).
[[nodiscard]] Result<std::string> read_proc_file(int directory,
                                                 const std::string& path);

/// A directory to look up others in. A directory of a process stays that of
/// this process: once it is gone, everything below fails with ESRCH, even if
/// its pid is used again.
[[nodiscard]] Result<UniqueFd> open_proc_directory(int directory,
                                                   const std::string& path);

/// The process ended while we looked.
[[nodiscard]] bool is_gone(const Error& error);

}  // namespace tcpstated
