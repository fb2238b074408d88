// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The names that `ip netns` gave to network namespaces. Nobody enters them.

#include <cstdint>
#include <map>
#include <string>

namespace tcpstated {

/// By inode, as `stat` shows it; printable().
using NamespaceNames = std::map<std::uint32_t, std::string>;

/// Empty if there are none, or if they may not be read.
[[nodiscard]] NamespaceNames named_network_namespaces(
    const std::string& directory = "/run/netns");

}  // namespace tcpstated
