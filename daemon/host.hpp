// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The operating system around the daemon: who we are, what we use, what
/// systemd is told.

#include <cstdint>
#include <optional>
#include <string>

#include "api/daemon_info.hpp"
#include "base/time.hpp"

namespace tcpstated {

[[nodiscard]] std::string host_name();

/// What this process uses now, out of /proc/self; zeros where that cannot be
/// read.
[[nodiscard]] ProcessSelf read_process_self();

/// Unpredictable: seeds the hashes of tables that strangers fill.
[[nodiscard]] std::uint64_t random_seed();

/// Talks to the service manager; does nothing if there is none.
class ServiceManager {
 public:
  ServiceManager();

  void ready(const std::string& status);
  void status(const std::string& status);
  void reloading();
  void stopping();
  void alive();  ///< feeds the watchdog

  /// How often alive() must be called at least, nullopt if nobody waits.
  [[nodiscard]] std::optional<Duration> watchdog() const { return watchdog_; }

 private:
  std::optional<Duration> watchdog_;
  std::string last_status_;
};

}  // namespace tcpstated
