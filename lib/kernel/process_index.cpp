// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_index.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/strings.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/proc_file.hpp"
#include "kernel/proc_text.hpp"

namespace tcpstated {
namespace {

constexpr std::string_view kRingLink = "anon_inode:[io_uring]";

/// The entries of a directory that are numbers: pids, tids, descriptors.
Result<std::vector<std::int32_t>> list_numbers(int directory,
                                               const std::string& path) {
  auto opened = open_proc_directory(directory, path);
  if (!opened) return std::unexpected(opened.error());
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(opened->get()),
                                                   &::closedir);
  if (!stream) return fail_errno("cannot list '" + path + "'");
  (void)opened->release();  // closedir() closes it
  std::vector<std::int32_t> numbers;
  while (const dirent* entry = ::readdir(stream.get()))
    if (const auto number = parse_number<std::int32_t>(entry->d_name))
      numbers.push_back(*number);
  return numbers;
}

/// Space for what a descriptor points to. Longer targets are cut, which is no
/// matter: they are not sockets.
using LinkBuffer = std::array<char, 64>;

/// Where a process shows its descriptors.
constexpr std::string_view kTable = "fd/";

/// "fd/7" to "fdinfo/7", "task/9/fd/7" to "task/9/fdinfo/7".
std::string info_path(const std::string& descriptor) {
  const std::size_t slash = descriptor.rfind('/');
  return descriptor.substr(0, slash) + "info" + descriptor.substr(slash);
}

/// One process while it is looked into. `directory` is /proc/PID: it stays that
/// of this process even if the pid is used again meanwhile.
class ProcessReader {
 public:
  ProcessReader(std::int32_t pid, UniqueFd directory)
      : pid_(pid), directory_(std::move(directory)) {}

  /// Calls `found(link, path of the descriptor, number)` for each descriptor.
  using Visitor =
      std::function<void(std::string_view, const std::string&, std::int32_t)>;
  void visit_descriptors(const Visitor& found) {
    auto visited = visit_table(std::string(kTable), found);
    if (open_fds_ == 0 && has_lost_main_thread())
      for (const std::string& table : tables_of_threads())
        if (open_fds_ == 0) visited = visit_table(table, found);
    if (!visited) note(visited.error());
  }

  /// Whether one descriptor (of the socket, of the ring) is as it was.
  [[nodiscard]] bool holds(const Holder& holder, std::uint64_t inode) {
    const auto shows = [&](std::string_view table) {
      const std::string path = std::string(table) + std::to_string(holder.fd);
      LinkBuffer buffer;
      if (holder.kind != HolderKind::IoUringFixed)
        return parse_socket_link(link(path, buffer)) == inode;
      return std::ranges::any_of(
          parse_fixed_files(file(info_path(path))),
          [&](const FixedFile& held) { return held.inode == inode; });
    };
    return shows(kTable) || (has_lost_main_thread() &&
                             std::ranges::any_of(tables_of_threads(), shows));
  }

  /// What is known of the process, read at the first call; null if it is gone.
  std::shared_ptr<Process> describe() {
    if (!process_) process_ = read();
    return process_;
  }

  /// A file of the process; empty if it is gone or forbidden.
  [[nodiscard]] std::string file(const std::string& path) {
    auto text = read_proc_file(directory_.get(), path);
    if (text) return *std::move(text);
    note(text.error());
    return "";
  }

  /// To be called when every descriptor has been seen. The Error: why some were
  /// not, although the process lives.
  Result<> finish() {
    if (process_) process_->open_fds = open_fds_;
    if (trouble_) return std::unexpected(*trouble_);
    return {};
  }

  [[nodiscard]] std::size_t open_fds() const { return open_fds_; }

  /// Without listing them: the size of /proc/PID/fd (Linux 6.2).
  [[nodiscard]] std::optional<std::uint64_t> count_descriptors() const {
    struct stat info{};
    if (::fstatat(directory_.get(), "fd", &info, 0) != 0 || info.st_size <= 0)
      return std::nullopt;
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  Result<> visit_table(const std::string& table, const Visitor& found) {
    const auto descriptors = list_numbers(directory_.get(), table);
    if (!descriptors) return std::unexpected(descriptors.error());
    LinkBuffer buffer;
    for (const std::int32_t fd : *descriptors) {
      ++open_fds_;
      const std::string path = table + std::to_string(fd);
      found(link(path, buffer), path, fd);
    }
    return {};
  }

  /// What a descriptor points to; empty if it is closed or forbidden.
  [[nodiscard]] std::string_view link(const std::string& path,
                                      LinkBuffer& buffer) {
    const ssize_t length = ::readlinkat(directory_.get(), path.c_str(),
                                        buffer.data(), buffer.size());
    if (length >= 0) return {buffer.data(), static_cast<std::size_t>(length)};
    if (!trouble_) note(fail_errno("cannot read '" + path + "'").error());
    return {};
  }

  /// Then it shows no descriptors, and forbids them to its own user, although
  /// its other threads have them all.
  [[nodiscard]] bool has_lost_main_thread() {
    const std::string text = file("stat");
    const auto stat = parse_stat(text);
    return stat && stat->state == 'Z';
  }

  /// One table, seen through each of the other threads.
  [[nodiscard]] std::vector<std::string> tables_of_threads() const {
    std::vector<std::string> tables;
    if (const auto threads = list_numbers(directory_.get(), "task"))
      for (const std::int32_t thread : *threads)
        if (thread != pid_)
          tables.push_back("task/" + std::to_string(thread) + "/fd/");
    return tables;
  }

  void note(const Error& error) {
    if (!trouble_ && !is_gone(error)) trouble_ = error;
  }

  std::shared_ptr<Process> read() {
    const std::string stat_text = file("stat");
    const auto stat = parse_stat(stat_text);
    const auto uid = parse_uid(file("status"));
    if (!stat || !uid) return nullptr;
    auto process = std::make_shared<Process>();
    process->id = {.pid = pid_, .start_time = stat->start_time};
    process->command = printable(stat->command);
    const std::string cgroups = file("cgroup");
    process->cgroup = printable(cgroup_of(cgroups));
    process->unit = printable(unit_of(cgroup_of(cgroups)));
    process->uid = *uid;
    process->max_fds = parse_max_fds(file("limits"));
    return process;
  }

  std::int32_t pid_;
  UniqueFd directory_;
  std::shared_ptr<Process> process_;
  std::size_t open_fds_ = 0;
  std::optional<Error> trouble_;  ///< the first one
};

Result<ProcessReader> open_process(const std::string& root, std::int32_t pid) {
  auto directory =
      open_proc_directory(AT_FDCWD, root + "/" + std::to_string(pid));
  if (!directory) return std::unexpected(directory.error());
  return ProcessReader(pid, std::move(*directory));
}

Result<> scan_process(ProcessReader& process, const InodeFilter& wanted,
                      ProcessScan& scan) {
  const auto add = [&](std::uint64_t inode, std::int32_t fd, HolderKind kind) {
    if (!wanted.wants(inode)) return;
    if (const auto owner = process.describe())
      scan.holders[inode].push_back({owner, fd, kind});
  };
  process.visit_descriptors(
      [&](std::string_view link, const std::string& path, std::int32_t fd) {
        if (const auto inode = parse_socket_link(link))
          add(*inode, fd, HolderKind::Descriptor);
        else if (link == kRingLink)
          for (const FixedFile& held :
               parse_fixed_files(process.file(info_path(path))))
            add(held.inode, fd, HolderKind::IoUringFixed);
      });
  scan.descriptors_read += process.open_fds();
  return process.finish();
}

/// Which unix sockets have descriptors in their queues. Costs an open and a
/// read for every socket of the host, so it is done only if something is
/// missing.
void find_in_flight(ProcessReader& process, ProcessScan& scan) {
  process.visit_descriptors(
      [&](std::string_view link, const std::string& path, std::int32_t fd) {
        if (!parse_socket_link(link)) return;
        const auto waiting = parse_in_flight(process.file(info_path(path)));
        if (waiting == 0) return;
        if (const auto owner = process.describe())
          scan.in_flight_candidates.push_back({owner, fd, waiting});
      });
  (void)process.finish();  // counted by the first pass
}

/// This program has run out of something: a scan that goes on would take the
/// processes it cannot look into for forbidden ones.
bool is_exhausted(const Error& error) {
  return error.code == std::errc::too_many_files_open ||
         error.code == std::errc::too_many_files_open_in_system ||
         error.code == std::errc::not_enough_memory;
}

bool is_anything_missing(const InodeFilter& wanted, const ProcessScan& scan) {
  return wanted.set() != nullptr &&
         std::ranges::any_of(*wanted.set(), [&](std::uint64_t inode) {
           return !scan.holders.contains(inode);
         });
}

}  // namespace

Result<ProcessScan> ProcessIndex::scan(const InodeFilter& wanted) const {
  const auto pids = list_numbers(AT_FDCWD, root_);
  if (!pids) return std::unexpected(pids.error());
  ProcessScan scan;
  for (const std::int32_t pid : *pids) {
    auto process = open_process(root_, pid);
    if (!process && is_gone(process.error())) continue;
    ++scan.processes_seen;
    const auto scanned = process ? scan_process(*process, wanted, scan)
                                 : std::unexpected(process.error());
    if (scanned) continue;
    if (is_exhausted(scanned.error())) return std::unexpected(scanned.error());
    ++scan.processes_unreadable;
  }
  if (!is_anything_missing(wanted, scan)) return scan;
  for (const std::int32_t pid : *pids)
    if (auto process = open_process(root_, pid)) find_in_flight(*process, scan);
  return scan;
}

std::shared_ptr<const Process> ProcessIndex::describe(ProcessId id) const {
  auto opened = open_process(root_, id.pid);
  if (!opened) return nullptr;
  auto process = opened->describe();
  // The pid may be another's by now.
  if (!process || process->id != id) return nullptr;
  process->open_fds = opened->count_descriptors();
  return process;
}

bool ProcessIndex::still_holds(const Holder& holder,
                               std::uint64_t inode) const {
  const ProcessId& id = holder.process->id;
  auto process = open_process(root_, id.pid);
  if (!process) return false;
  const std::string stat_text = process->file("stat");
  const auto stat = parse_stat(stat_text);
  if (!stat || stat->start_time != id.start_time) return false;
  return process->holds(holder, inode);
}

}  // namespace tcpstated
