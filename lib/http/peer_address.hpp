// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// From what accept(2) says of a client to what we know of it.

#include <sys/socket.h>

#include "http/message.hpp"

namespace tcpstated {

/// An IPv4 client of a listener for both families is called by its IPv4
/// address.
[[nodiscard]] HttpPeer peer_of(const sockaddr_storage& storage);

}  // namespace tcpstated
