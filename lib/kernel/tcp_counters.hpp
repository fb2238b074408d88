// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The kernel's own counters of TCP: a few numbers that cost the same (about
/// 60 us) whatever the number of sockets.
///
/// Source: net/ipv4/proc.c, net/ipv6/proc.c, net/mptcp/mib.c (Linux 6.18).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tcpstated {

struct TcpCounters {
  std::uint64_t curr_estab = 0;  ///< ESTABLISHED and CLOSE_WAIT (RFC 4022)
  std::uint64_t resets_sent = 0;
  std::uint64_t inuse_ipv4 = 0;  ///< sockets in a table, minisocks excluded
  std::uint64_t inuse_ipv6 = 0;
  std::uint64_t orphans = 0;    ///< without a process
  std::uint64_t time_wait = 0;  ///< minisocks: TIME_WAIT and some FIN_WAIT_2
  std::uint64_t allocated = 0;  ///< every TCP socket, bound to a port or not
  std::uint64_t listen_overflows = 0;  ///< accept queue full
  std::uint64_t listen_drops = 0;      ///< handshakes dropped by listeners
  std::uint64_t mptcp_curr_estab = 0;  ///< 0 as well without MPTCP

  bool operator==(const TcpCounters&) const = default;
};

/// Which files of /proc/PID/net the counters come from.
enum class CounterFile : std::uint8_t { Snmp, Netstat, Sockstat, Sockstat6 };

/// Reads the counters that `file` has out of its text. Columns are found by the
/// names in the text, never by position. An Error names file, line and item.
/// Pure.
[[nodiscard]] Result<> parse_counters(CounterFile file, std::string_view text,
                                      TcpCounters& into);

/// Reads them, in the network namespace of the calling thread.
class TcpCountersReader {
 public:
  explicit TcpCountersReader(std::string root = "/proc")
      : root_(std::move(root)) {}

  [[nodiscard]] Result<TcpCounters> read() const;

 private:
  std::string root_;
};

}  // namespace tcpstated
