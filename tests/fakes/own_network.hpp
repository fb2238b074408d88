// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A network namespace for a test that needs a real network: entered by the
/// calling thread, left and gone with the object. Needs root.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/fd.hpp"
#include "fakes/frame_builder.hpp"

namespace tcpstated {

class OwnNetwork {
 public:
  static bool possible() { return ::geteuid() == 0; }

  OwnNetwork() : before_(::open("/proc/thread-self/ns/net", O_RDONLY)) {
    if (::unshare(CLONE_NEWNET) != 0) std::abort();
    ip("link set lo up");
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;
  ~OwnNetwork() { ::setns(before_.get(), CLONE_NEWNET); }

  /// ip("link add a type veth peer name b")
  void ip(const std::string& command) {
    EXPECT_EQ(std::system(("ip " + command + " 2>&1").c_str()), 0) << command;
  }
  /// Two ends of a cable, both up, and nothing speaks on it by itself.
  void cable(const std::string& one, const std::string& other) {
    ip("link add " + one + " type veth peer name " + other);
    for (const std::string& end : {one, other}) {
      ip("link set " + end + " addrgenmode none");
      ip("link set " + end + " up");
    }
  }
  /// Puts a frame on the wire as it is.
  void send(const std::string& from, const FrameBuilder& frame) {
    // Kept: to close a packet socket takes the kernel 10 ms.
    if (!raw_) raw_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(::if_nametoindex(from.c_str()));
    to.sll_halen = ETH_ALEN;
    const auto bytes = frame.bytes();
    EXPECT_EQ(::sendto(raw_.get(), bytes.data(), bytes.size(), 0,
                       reinterpret_cast<const sockaddr*>(&to), sizeof to),
              std::ssize(bytes));
  }

 private:
  UniqueFd before_;
  UniqueFd raw_;
};

}  // namespace tcpstated
