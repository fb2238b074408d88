// SPDX-License-Identifier: Apache-2.0
// Whatever a netlink socket may deliver, walked and decoded as both protocols.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "kernel/inet_diag.hpp"
#include "kernel/netlink_socket.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  const auto bytes = std::as_bytes(std::span(data, size));
  std::size_t rest = size;
  const auto walked =
      walk_netlink(bytes, 0, 0xffffffff, [&](const NetlinkMessage& message) {
        // Messages do not overlap: each has its own header and payload.
        require(rest >= 16 + message.payload.size());
        rest -= 16 + message.payload.size();
        for (const Protocol protocol : {Protocol::Tcp, Protocol::Mptcp}) {
          const auto row = decode_diag(message.payload, protocol, Instant{});
          if (!row) continue;
          require(row->socket.protocol == protocol);
          require(row->tuple.to_string().size() >= 16);  // [::]:0 twice
        }
      });
  if (walked.end == NetlinkWalk::Refused)
    require(walked.error > 0 && walked.error <= 4095);
  return 0;
}
