// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A /proc that is a small world on disk. Tests start processes, let them open
/// and close descriptors, end and be forbidden.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "fakes/temporary_folder.hpp"

namespace tcpstated {

/// One process of a FakeProc; every call changes what the directory shows.
class FakeProcess {
 public:
  FakeProcess(std::filesystem::path directory, std::int32_t pid,
              std::string_view command)
      : directory_(std::move(directory)), pid_(pid), command_(command) {
    std::filesystem::create_directories(directory_ / "fd");
    std::filesystem::create_directories(directory_ / "fdinfo");
    uid(1000).cgroup("0::/\n").max_fds("1024").write_stat();
  }

  FakeProcess& fd(int number, std::string_view target,
                  std::string_view info = "pos:\t0\nflags:\t02\n") {
    const std::string name = std::to_string(number);
    std::filesystem::create_symlink(target, table_ / ("fd/" + name));
    write(table_ / ("fdinfo/" + name), info);
    return *this;
  }
  FakeProcess& close(int number) {
    for (const char* const kind : {"fd", "fdinfo"})
      std::filesystem::remove(table_ / kind / std::to_string(number));
    return *this;
  }
  FakeProcess& started(std::uint64_t ticks) {
    start_time_ = ticks;
    return write_stat();
  }
  FakeProcess& uid(std::uint32_t effective) {
    return write(directory_ / "status", "Name:\tx\nUid:\t0\t" +
                                            std::to_string(effective) +
                                            "\t0\t0\nGid:\t0\t0\t0\t0\n");
  }
  /// The whole text of its "cgroup" file.
  FakeProcess& cgroup(std::string_view text) {
    return write(directory_ / "cgroup", text);
  }
  FakeProcess& max_fds(std::string_view soft) {
    return write(directory_ / "limits", "Max open files            " +
                                            std::string(soft) +
                                            "   524288   files\n");
  }
  /// The main thread ends; `thread` lives on and has the descriptors.
  FakeProcess& end_main_thread(std::int32_t thread) {
    state_ = 'Z';
    const auto of_thread = directory_ / "task" / std::to_string(thread);
    std::filesystem::create_directories(of_thread);
    for (const char* const kind : {"fd", "fdinfo"}) {
      std::filesystem::rename(directory_ / kind, of_thread / kind);
      std::filesystem::create_directory(directory_ / kind);
    }
    table_ = of_thread;
    return write_stat();
  }
  /// It ends after it was found: its directory is still open, but empty.
  FakeProcess& vanish() {
    for (const auto& entry : std::filesystem::directory_iterator(directory_))
      std::filesystem::remove_all(entry);
    return *this;
  }
  /// Of its directory ("") or of one below it ("fd").
  FakeProcess& mode(std::string_view below, unsigned mode) {
    std::filesystem::permissions(directory_ / below,
                                 std::filesystem::perms(mode));
    return *this;
  }

 private:
  FakeProcess& write(const std::filesystem::path& file, std::string_view text) {
    std::ofstream(file, std::ios::binary) << text;
    return *this;
  }
  FakeProcess& write_stat() {
    return write(directory_ / "stat",
                 std::to_string(pid_) + " (" + command_ + ") " + state_ +
                     " 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 " +
                     std::to_string(start_time_) + " 1 1 1 1 1\n");
  }

  std::filesystem::path directory_;
  std::filesystem::path table_ = directory_;  ///< above fd and fdinfo
  std::int32_t pid_;
  std::string command_;
  char state_ = 'S';
  std::uint64_t start_time_ = 100;
};

class FakeProc {
 public:
  FakeProc() { permit(root_); }  // a folder of a test lets nobody else in
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;
  ~FakeProc() { permit(root_); }

  [[nodiscard]] std::string root() const { return root_.string(); }

  FakeProcess process(std::int32_t pid, std::string_view command) {
    return {root_ / std::to_string(pid), pid, command};
  }
  /// It was listed, and ended before anyone could look.
  void ended(std::int32_t pid) {
    std::filesystem::create_symlink("nowhere", root_ / std::to_string(pid));
  }
  /// Its pid may be used again.
  void end(std::int32_t pid) {
    std::filesystem::remove_all(root_ / std::to_string(pid));
  }
  /// A file outside every process, such as "thread-self/net/snmp".
  void file(std::string_view path, std::string_view text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }

 private:
  /// Whatever was forbidden must be allowed again to be removed.
  static void permit(const std::filesystem::path& directory) {
    std::filesystem::permissions(directory, std::filesystem::perms(0755));
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      if (entry.is_directory() && !entry.is_symlink()) permit(entry.path());
  }

  TemporaryFolder folder_;
  std::filesystem::path root_ = folder_.path();
};

}  // namespace tcpstated
