// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Sets of states: what a dump asks for, what a filter lets through.

#include <cstdint>
#include <initializer_list>

#include "tcp/tcp_state.hpp"

namespace tcpstated {

/// A set of states: a bit per enumerator.
class StateSet {
 public:
  constexpr StateSet() = default;
  constexpr StateSet(std::initializer_list<TcpState> states) {
    for (const TcpState state : states) insert(state);
  }
  [[nodiscard]] static constexpr StateSet all() {
    StateSet set;
    set.bits_ = (1U << kTcpStateCount) - 1;
    return set;
  }
  constexpr void insert(TcpState state) {
    bits_ = static_cast<std::uint16_t>(bits_ | 1U << index(state));
  }
  [[nodiscard]] constexpr bool contains(TcpState state) const {
    return (bits_ >> index(state) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr StateSet without(StateSet other) const {
    StateSet rest;
    rest.bits_ = static_cast<std::uint16_t>(bits_ & ~other.bits_);
    return rest;
  }
  /// One bit per kernel state value, as inet_diag's idiag_states wants it.
  [[nodiscard]] constexpr std::uint32_t kernel_mask() const {
    std::uint32_t mask = 0;
    for (const TcpStateInfo& row : kTcpStates)
      if (contains(row.state)) mask |= 1U << row.kernel;
    // Request sockets are asked for as SYN_RECV (net/ipv4/inet_diag.c).
    return mask;
  }
  constexpr bool operator==(const StateSet&) const = default;

 private:
  std::uint16_t bits_ = 0;
};

/// The states a sweep of the kernel's table asks for: everything but the two
/// whose number the kernel's counters give exactly for nothing.
inline constexpr StateSet kWatchedStates =
    StateSet::all().without({TcpState::Established, TcpState::TimeWait});

}  // namespace tcpstated
