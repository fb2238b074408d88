// SPDX-License-Identifier: Apache-2.0
#include "daemon/host.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/strings.hpp"
#include "kernel/clock.hpp"
#include "kernel/proc_file.hpp"
#include "kernel/proc_text.hpp"

namespace tcpstated {
namespace {

std::uint64_t count_open_fds() {
  std::error_code failed;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end;
       !failed && at != end; at.increment(failed))
    ++count;
  return count > 0 ? count - 1 : 0;  // without the one that lists them
}

/// Field `number` of /proc/PID/stat as proc(5) counts them, from 3 on.
std::uint64_t stat_field(std::string_view stat, std::size_t number) {
  const auto words =
      split_words(stat.substr(std::min(stat.rfind(')'), stat.size() - 1) + 1));
  return number - 3 < words.size()
             ? parse_number<std::uint64_t>(trim(words[number - 3])).value_or(0)
             : 0;
}

double boot_time() {
  const std::chrono::duration<double> seconds =
      read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME);
  return seconds.count();
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "?";
  return name.data();
}

ProcessSelf read_process_self() {
  ProcessSelf self;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (const auto stat = read_proc_file(AT_FDCWD, "/proc/self/stat");
      stat && !stat->empty()) {
    self.cpu_seconds =
        static_cast<double>(stat_field(*stat, 14) + stat_field(*stat, 15)) /
        ticks;
    self.threads = stat_field(*stat, 20);
    self.start_time_seconds =
        boot_time() + static_cast<double>(stat_field(*stat, 22)) / ticks;
    self.virtual_bytes = stat_field(*stat, 23);
    self.resident_bytes = stat_field(*stat, 24) *
                          static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  self.open_fds = count_open_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) self.max_fds = limit.rlim_cur;
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    self.max_virtual_bytes = limit.rlim_cur;
  return self;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  // Eight bytes are never cut short, and never fail after boot.
  if (::getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
    seed = static_cast<std::uint64_t>(::getpid());
  return seed;
}

ServiceManager::ServiceManager() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) > 0)
    watchdog_ = std::chrono::microseconds(microseconds);
}

void ServiceManager::ready(const std::string& status) {
  last_status_ = status;
  ::sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}

void ServiceManager::status(const std::string& status) {
  if (status == last_status_) return;
  last_status_ = status;
  ::sd_notify(0, fmt::format("STATUS={}", status).c_str());
}

void ServiceManager::reloading() {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      read_clock(CLOCK_MONOTONIC));
  ::sd_notify(
      0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()).c_str());
}

void ServiceManager::stopping() { ::sd_notify(0, "STOPPING=1"); }

void ServiceManager::alive() { ::sd_notify(0, "WATCHDOG=1"); }

}  // namespace tcpstated
