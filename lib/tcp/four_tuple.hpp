// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The name of one TCB, and a hash of it that strangers cannot steer.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tcp/endpoint.hpp"

namespace tcpstated {

/// A connection as one of its two ends sees it. Over loopback both ends are
/// ours, so one connection is two FourTuples, as in ss.
struct FourTuple {
  Endpoint local;
  Endpoint remote;
  std::uint32_t netns = 0;  ///< inode of the network namespace; 0: our own

  [[nodiscard]] constexpr FourTuple reversed() const {
    return {remote, local, netns};
  }
  [[nodiscard]] std::string to_string() const;  ///< "local -> remote"

  constexpr auto operator<=>(const FourTuple&) const = default;
};

/// What one row of a table is keyed by. The cookie (Linux sock_diag; never
/// reused while the host is up) tells apart what a four-tuple cannot: listeners
/// that share a port, an MPTCP connection and its first subflow. It is 0 for
/// what was seen on the wire only.
struct SocketKey {
  FourTuple tuple;
  std::uint64_t cookie = 0;

  constexpr auto operator<=>(const SocketKey&) const = default;
};

/// Keyed multiply-mix. The seed is drawn once per process (getrandom), because
/// remote hosts choose half of every tuple and an unkeyed hash of it can be
/// made to collide.
struct SocketKeyHash {
  using is_avalanching = void;  ///< for boost::unordered: no further mixing
  std::uint64_t seed = 0;

  [[nodiscard]] std::size_t operator()(const SocketKey& key) const noexcept;
};

}  // namespace tcpstated
