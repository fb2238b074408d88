// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc_file.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>

namespace tcpstated {

Result<std::string> read_proc_file(int directory, const std::string& path) {
  const UniqueFd file(
      ::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return fail_errno("cannot open '" + path + "'");
  std::string text;
  std::array<char, 16384> buffer;
  while (text.size() < kMaxProcFile) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got > 0)
      text.append(buffer.data(), static_cast<std::size_t>(got));
    else if (errno != EINTR)
      return fail_errno("cannot read '" + path + "'");
  }
  return fail("cannot read '" + path + "': more than 16 MiB");
}

Result<UniqueFd> open_proc_directory(int directory, const std::string& path) {
  UniqueFd opened(::openat(directory, path.c_str(),
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY));
  if (!opened) return fail_errno("cannot open '" + path + "'");
  return opened;
}

bool is_gone(const Error& error) {
  return error.code == std::errc::no_such_file_or_directory ||
         error.code == std::errc::no_such_process;
}

}  // namespace tcpstated
