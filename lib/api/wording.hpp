// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Words that several renderings share, so that the pages and JSON say the
/// same thing in the same way.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/host_view.hpp"
#include "engine/listing.hpp"
#include "leak/leak.hpp"

namespace tcpstated {

/// What a page says that cannot say anything yet.
inline constexpr std::string_view kNotReady =
    "The first sweep is not complete: no counts yet.\n";

/// "71s", or ">71s" where the age is only known to be at least that.
[[nodiscard]] std::string age_text(const SinceBounds& since, Instant now);

/// "fd 87, peer 10.0.0.7:51312" or "listener 0.0.0.0:443".
[[nodiscard]] std::string example_text(const Leak& leak);

/// The same in fewer columns: "fd 87 to 10.0.0.7:51312".
[[nodiscard]] std::string brief_example(const Leak& leak);

/// The holder that a group of leaks is named after, and how many more there
/// are: "2211" or "2211 +1"; "?" where nobody is known.
[[nodiscard]] std::string pid_text(const LeakGroup& group);

/// "java[2211] fd 87", the oldest holders joined by ", ", how many more there
/// are; or why there is none.
[[nodiscard]] std::string holders_text(const Holders& holders);

/// "fin_wait_2", or "fin_wait_2?" if the peer itself has not confirmed it; ""
/// if packets do not show it.
[[nodiscard]] std::string peer_state_text(
    const std::optional<ObservedEnd>& peer);

/// In a cell where a process should be named: "(not readable)".
[[nodiscard]] std::string_view brief(Attribution attribution);

/// Who holds the sockets of a listener, out of a scan for their inodes.
[[nodiscard]] Holders holders_of(const ListenerView& listener,
                                 const ProcessScan& owners);

/// Why nobody could be named, in a sentence; empty if somebody was.
[[nodiscard]] std::string attribution_text(const Holders& holders);

/// The name of another network namespace, or "netns:[INODE]", as readlink
/// /proc/PID/ns/net shows it.
[[nodiscard]] std::string namespace_text(const HostView& view,
                                         std::uint32_t inode);

/// Distinct processes that hold leaked sockets, as far as they are known.
[[nodiscard]] std::size_t count_processes(const std::vector<LeakGroup>& groups);

}  // namespace tcpstated
