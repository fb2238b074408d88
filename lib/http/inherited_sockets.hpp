// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Listening sockets that systemd opened for us (sd_listen_fds(3)).

#include <vector>

#include "base/error.hpp"
#include "http/listen_socket.hpp"

namespace tcpstated {

/// Takes all of them over, once. Fails if there is none, or if one is not a
/// stream socket that listens.
[[nodiscard]] Result<std::vector<ListenSocket>> take_inherited_sockets();

}  // namespace tcpstated
