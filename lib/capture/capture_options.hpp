// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every knob of the capture backends. Config only names these.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "tcp/endpoint.hpp"

namespace tcpstated {

/// Whether a backend runs: `Auto` takes it if it works here.
enum class Enabled : std::uint8_t { Auto, True, False };

inline constexpr std::array<std::string_view, 3> kEnabledLabels{"auto", "true",
                                                                "false"};

struct SockDiagOptions {
  Enabled enabled = Enabled::Auto;
  /// Time between sweeps; stretched so that sweeps use at most
  /// `max_core_share` of one core.
  Duration interval = std::chrono::seconds(5);
  double max_core_share = 0.005;
  /// Known CLOSE_WAIT sockets asked for again each second (2-3 us each).
  std::size_t lookups_per_tick = 500;
};

struct EbpfOptions {
  Enabled enabled = Enabled::Auto;
  /// What events say is compared with a dump this often, though they lose
  /// nothing as far as anybody can tell.
  Duration reconcile_interval = std::chrono::minutes(1);
  /// Time between two passes over the descriptors of all processes while other
  /// namespaces have sockets to watch; stretched like sweeps.
  Duration pass_interval = std::chrono::seconds(5);
  double max_core_share = 0.005;
};

struct PcapOptions {
  Enabled enabled = Enabled::False;
  std::vector<std::string> interfaces;  ///< empty: all that are up
  std::size_t max_interfaces = 32;      ///< of "all": each has a buffer
  /// Of each packet: room for tags, IPv6 and TCP with their options.
  std::size_t snapshot_length = 128;
  std::size_t buffer_size = std::size_t{8} << 20U;  ///< per interface
  bool promiscuous = false;
  std::vector<IpPrefix> local_addresses;  ///< empty: those of the host
};

struct CaptureOptions {
  SockDiagOptions sock_diag;
  EbpfOptions ebpf;
  PcapOptions pcap;
};

}  // namespace tcpstated
