// SPDX-License-Identifier: Apache-2.0
#include "http/peer_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace tcpstated {

HttpPeer peer_of(const sockaddr_storage& storage) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof(address));
    ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    const bool loopback = ntohl(address.sin_addr.s_addr) >> 24U == 127;
    return {.loopback = loopback, .address = text.data()};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof(address));
    ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&address.sin6_addr);
    const bool loopback = IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) ||
                          (mapped && address.sin6_addr.s6_addr[12] == 127);
    // A listener for both families sees 10.0.0.7 as ::ffff:10.0.0.7.
    if (mapped)
      ::inet_ntop(AF_INET, &address.sin6_addr.s6_addr[12], text.data(),
                  text.size());
    return {.loopback = loopback, .address = text.data()};
  }
  return {.unix_socket = storage.ss_family == AF_UNIX, .address = ""};
}

}  // namespace tcpstated
