// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/strings.hpp"
#include "kernel/proc_file.hpp"

namespace tcpstated {
namespace {

/// FILEID_KERNFS of include/linux/exportfs.h: the handle is the 64-bit id.
constexpr int kKernfsHandle = 0xfe;

/// mountinfo writes blanks, tabs, line ends and backslashes as \ooo.
std::string unescape_octal(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text[i] == '\\' && i + 4 <= text.size()
                          ? parse_number<unsigned>(text.substr(i + 1, 3), 8)
                          : std::nullopt;
    plain += code ? static_cast<char>(*code) : text[i];
    if (code) i += 3;
  }
  return plain;
}

}  // namespace

std::string_view cgroup_of(std::string_view proc_cgroup) {
  std::string_view unified = "/";
  std::string_view systemd = "/";
  for (const std::string_view line : split(proc_cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second =
        first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos || second + 1 == line.size()) continue;
    const std::string_view controllers =
        line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (line.starts_with("0::"))
      unified = path;
    else if (controllers == "name=systemd")
      systemd = path;
  }
  return unified != "/" ? unified : systemd;
}

std::string_view unit_of(std::string_view cgroup) {
  std::string_view unit;
  for (const std::string_view component : split(cgroup, '/'))
    if (component.ends_with(".service") || component.ends_with(".scope"))
      unit = component;
  return unit;
}

std::string cgroup2_mount(std::string_view mountinfo) {
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == line.npos) continue;
    if (!line.substr(dash + 3).starts_with("cgroup2 ")) continue;
    const auto words = split_words(line.substr(0, dash));
    if (words.size() >= 5) return unescape_octal(words[4]);
  }
  return "";
}

CgroupPaths::CgroupPaths(const std::string& root) {
  const auto mounts = read_proc_file(AT_FDCWD, root + "/self/mountinfo");
  if (!mounts) return;
  mount_point_ = cgroup2_mount(*mounts);
  if (mount_point_.empty()) return;
  if (auto opened = open_proc_directory(AT_FDCWD, mount_point_))
    mount_ = std::move(*opened);
}

Result<std::string> CgroupPaths::path_of(std::uint64_t id) const {
  if (!mount_) return fail("no cgroup2 file system is mounted here");
  // struct file_handle ends in the handle itself.
  alignas(file_handle) std::array<std::byte, sizeof(file_handle) + sizeof(id)>
      space{};
  const file_handle head{.handle_bytes = sizeof(id),
                         .handle_type = kKernfsHandle};
  std::memcpy(space.data(), &head, sizeof(head));
  std::memcpy(space.data() + offsetof(file_handle, f_handle), &id, sizeof(id));
  const UniqueFd directory(::open_by_handle_at(
      mount_.get(), reinterpret_cast<file_handle*>(space.data()),
      O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory)
    return fail_errno("cannot find cgroup id " + std::to_string(id));
  std::array<char, 4096> path{};
  const ssize_t length =
      ::readlink(("/proc/self/fd/" + std::to_string(directory.get())).c_str(),
                 path.data(), path.size());
  if (length < 0) return fail_errno("cannot name cgroup id");
  std::string_view full(path.data(), static_cast<std::size_t>(length));
  if (full.starts_with(mount_point_)) full.remove_prefix(mount_point_.size());
  return std::string(full.empty() ? "/" : full);
}

}  // namespace tcpstated
