// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// How many sockets are in each state.

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "tcp/tcp_state.hpp"

namespace tcpstated {

/// One number per state, moved as sockets move. Never negative: leaving a state
/// that nobody was in leaves it at 0.
class StateCounts {
 public:
  [[nodiscard]] std::uint64_t operator[](TcpState state) const {
    return counts_[index(state)];
  }
  std::uint64_t& operator[](TcpState state) { return counts_[index(state)]; }

  void enter(TcpState state) { ++counts_[index(state)]; }
  void leave(TcpState state) {
    if (counts_[index(state)] > 0) --counts_[index(state)];
  }

  [[nodiscard]] std::uint64_t total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  }

  bool operator==(const StateCounts&) const = default;

 private:
  std::array<std::uint64_t, kTcpStateCount> counts_{};
};

/// What one walk over the kernel's table found. Both protocols are counted
/// apart: the subflows of an MPTCP connection are TCP sockets of their own.
struct StateTally {
  StateCounts tcp;
  StateCounts mptcp;
  /// FIN-WAIT-2 without a process. The kernel keeps these as TIME-WAIT
  /// minisocks and counts them in sockstat's "tw" (kernel-views: fact 2).
  std::uint64_t fin_wait_2_minisocks = 0;

  bool operator==(const StateTally&) const = default;
};

/// Completes the TCP counts of a sweep, which leaves ESTABLISHED and TIME-WAIT
/// out, with the kernel's own counters:
///   ESTABLISHED = CurrEstab - CLOSE-WAIT       (snmp)
///   TIME-WAIT   = tw - FIN-WAIT-2 minisocks    (sockstat)
/// Both sides were read at nearly the same time; where they contradict each
/// other the difference is clamped to 0 and `clamped` is set.
struct HostCounts {
  StateCounts tcp;
  bool clamped = false;
};
[[nodiscard]] inline HostCounts complete_counts(const StateTally& tally,
                                                std::uint64_t curr_estab,
                                                std::uint64_t time_wait) {
  HostCounts host{.tcp = tally.tcp};
  const auto subtract = [&](std::uint64_t whole, std::uint64_t part) {
    host.clamped = host.clamped || part > whole;
    return part > whole ? 0 : whole - part;
  };
  host.tcp[TcpState::Established] =
      subtract(curr_estab, tally.tcp[TcpState::CloseWait]);
  host.tcp[TcpState::TimeWait] =
      subtract(time_wait, tally.fin_wait_2_minisocks);
  return host;
}

}  // namespace tcpstated
