// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Turns "--web.listen-address" into a listening socket. Start-up only.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tcpstated {

struct ListenSocket {
  UniqueFd fd;
  int family = 0;
  std::string address;    ///< as bound: "127.0.0.1:19293", "unix:/run/x.sock"
  std::string unix_path;  ///< to be removed at the end; empty for TCP
};

/// Opens "HOST:PORT", "[::1]:PORT", ":PORT" (every address, both families; IPv4
/// only where there is no IPv6) or "unix:/path". Port 0 takes a free one. A
/// stale unix socket that nobody answers is replaced; the new one is for the
/// user and group of the daemon. Fails with the address and the reason.
[[nodiscard]] Result<ListenSocket> open_listen_socket(std::string_view address);

/// The address that a socket was bound to, as text.
[[nodiscard]] std::string bound_address(int fd);

}  // namespace tcpstated
