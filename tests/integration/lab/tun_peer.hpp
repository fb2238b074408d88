// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A TCP peer in user space, at the other end of a TUN device. It behaves as
/// badly as its port says and so holds the kernel's sockets in any state for
/// minutes. It keeps no state: its first sequence number is always the same.

#include <cstdint>
#include <string>
#include <thread>

#include "base/fd.hpp"
#include "segment.hpp"

namespace tcpstated::lab {

/// What the peer does at its port of this number. It accepts and does no more
/// unless said otherwise.
enum class Behaviour : std::uint16_t {
  Silent = 1000,      ///< does not even answer a SYN
  IgnoresFin = 1001,  ///< does not acknowledge our FIN
  AcknowledgesFin = 1002,
  ClosesFirst = 1003,   ///< at once; ignores our FIN
  ClosesAcross = 1004,  ///< answers our FIN with its own, not acknowledging it
  ClosesAfter = 1005,   ///< answers our FIN as it should
};

/// The answer of the peer to `got`, if any. Pure.
[[nodiscard]] std::optional<Segment> answer(const Segment& got);

class TunPeer {
 public:
  static constexpr const char* kAddress4 = "10.99.0.2";
  static constexpr const char* kOurAddress4 = "10.99.0.1";
  static constexpr const char* kAddress6 = "fd99::2";
  static constexpr const char* kOurAddress6 = "fd99::1";

  /// Takes its end of an existing, configured device.
  explicit TunPeer(const std::string& device);

  /// Opens a connection that it will never complete.
  void send_syn(bool ipv6, std::uint16_t from_port, std::uint16_t to_port);

 private:
  void run(const std::stop_token& end);
  void send(const Segment& segment);

  UniqueFd tun_;
  std::jthread thread_;
};

}  // namespace tcpstated::lab
