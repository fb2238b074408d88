// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What the packet backend needs of the system: interfaces and addresses that
/// come and go, a capture on each interface, and the clocks. Nothing about what
/// is done with them. Belongs to one thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "capture/capture_options.hpp"
#include "capture/frame_visitor.hpp"
#include "tcp/endpoint.hpp"

namespace tcpstated {

struct NetworkInterface {
  int index = 0;  ///< never used again for another one
  std::string name;
  bool up = false;
  bool loopback = false;
  bool carries_ip = true;  ///< false: CAN, 802.11 monitors, ...

  bool operator==(const NetworkInterface&) const = default;
};

/// Running totals of one capture.
struct InterfaceCounts {
  std::uint64_t lost = 0;  ///< by the kernel's buffer or by the card
};

/// An open capture on one interface.
class InterfaceCapture {
 public:
  virtual ~InterfaceCapture() = default;

  /// Readable when there are packets, at the latest 20 ms after the first.
  [[nodiscard]] virtual int descriptor() const = 0;

  /// Visits at most `limit` waiting packets, never waits itself; returns how
  /// many. Their times are those of the wall clock. An Error: it is over.
  virtual Result<std::size_t> read(std::size_t limit, FrameVisitor visit) = 0;

  virtual Result<InterfaceCounts> counts() = 0;
};

class HostNetwork {
 public:
  virtual ~HostNetwork() = default;

  /// Readable when interfaces or addresses may have changed.
  [[nodiscard]] virtual int descriptor() const = 0;

  /// Looks what has changed; false: nothing. The first look finds everything.
  virtual Result<bool> refresh() = 0;
  [[nodiscard]] virtual const std::vector<NetworkInterface>& interfaces()
      const = 0;
  [[nodiscard]] virtual const std::vector<IpPrefix>& addresses() const = 0;

  virtual Result<std::unique_ptr<InterfaceCapture>> capture(
      const NetworkInterface& interface, const PcapOptions& options) = 0;

  /// Now, on both clocks.
  [[nodiscard]] virtual WallAnchor now() const = 0;
};

/// That of this process's network namespace.
[[nodiscard]] Result<std::unique_ptr<HostNetwork>> open_host_network();

}  // namespace tcpstated
