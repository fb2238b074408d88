// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// nullopt: may be read.
std::optional<std::string> distrust(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "it is not a regular file";
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    return "it belongs to user " + std::to_string(info.st_uid) +
           ", not to root or the user of the daemon";
  if ((info.st_mode & S_IWOTH) != 0)
    return "everybody may write it; chmod o-w it";
  return std::nullopt;
}

}  // namespace

Result<std::string> read_trusted_file(const std::string& path) {
  const std::string what = "cannot read '" + printable(path) + "'";
  // Not blocking: a FIFO in the place of the file must not hang the daemon.
  const UniqueFd file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return fail_errno(what);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return fail_errno(what);
  if (const auto why = distrust(info)) return fail(what + ": " + *why);
  std::string text;
  std::array<char, 16384> buffer;
  while (text.size() <= kMaxConfigBytes) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got == 0) break;
    if (got > 0)
      text.append(buffer.data(), static_cast<std::size_t>(got));
    else if (errno != EINTR)
      return fail_errno(what);
  }
  return text;
}

std::expected<Config, std::vector<std::string>> load_config(
    const std::string& path, bool may_be_absent) {
  const auto text = read_trusted_file(path);
  if (!text && may_be_absent &&
      text.error().code == std::errc::no_such_file_or_directory)
    return Config{};
  if (!text) return std::unexpected(std::vector{text.error().message});
  auto config = parse_config(*text);
  if (config) return *config;
  std::vector<std::string> lines;
  for (const ConfigProblem& problem : config.error())
    lines.push_back(to_string(problem, path));
  return std::unexpected(std::move(lines));
}

}  // namespace tcpstated
