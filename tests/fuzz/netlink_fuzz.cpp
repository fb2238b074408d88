// SPDX-License-Identifier: Apache-2.0
// Whatever a netlink socket may deliver, walked and decoded as both protocols.
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/inet_diag.hpp"
#include "kernel/netlink_socket.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  const auto bytes = std::as_bytes(std::span(data, size));
  std::uint64_t sum = 0;
  (void)walk_netlink(bytes, 0, 0xffffffff, [&](const NetlinkMessage& message) {
    for (const Protocol protocol : {Protocol::Tcp, Protocol::Mptcp})
      if (const auto row = decode_diag(message.payload, protocol, Instant{}))
        sum += row->socket.cookie + row->tuple.to_string().size();
  });
  return sum == 0xdead ? 1 : 0;  // so that no decoding is optimised away
}
