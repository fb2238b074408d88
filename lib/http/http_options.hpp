// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every knob of the HTTP server, and every limit a stranger could lean on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace tcpstated {

/// Who may use routes that show connections, addresses and processes.
enum class DetailAccess : std::uint8_t {
  Local,  ///< loopback with a local Host header, or the unix socket
  All,    ///< everybody who can connect
};

inline constexpr std::array<std::string_view, 2> kDetailAccessLabels{"local",
                                                                     "all"};

struct HttpOptions {
  /// "HOST:PORT", ":PORT" (every address, both families) or "unix:/path".
  std::vector<std::string> listen{":19293"};
  /// Those that systemd passes instead (sd_listen_fds(3)).
  bool systemd_sockets = false;
  /// What clients outside see of this server, "" if that is what they ask for:
  /// "https://monitor.example/tcpstated".
  std::string external_url;
  /// Before every path: "/tcpstated", or "".
  std::string route_prefix;
  DetailAccess detail_access = DetailAccess::Local;
  /// Requests being answered at once; more are told 503.
  std::size_t max_requests = 40;
  /// Open connections; the effective cap is also kept under RLIMIT_NOFILE.
  std::size_t max_connections = 512;
  /// Answers in memory that clients have not taken; beyond it the slowest
  /// client is given up.
  std::size_t max_waiting_bytes = std::size_t{32} * 1024 * 1024;
  std::size_t max_header_bytes = std::size_t{8} * 1024;
  /// Absolute: from the first byte of a head to its end (or from accept, the
  /// TLS handshake included).
  Duration head_deadline = std::chrono::seconds(5);
  /// For a whole response to be taken by the client.
  Duration write_deadline = std::chrono::seconds(10);
  /// Between two requests of a kept connection.
  Duration idle_deadline = std::chrono::seconds(30);
};

}  // namespace tcpstated
