// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The text pages: what `curl localhost:19293` prints. Pure renderings of
/// values; every stranger's name is escaped.

#include <string>
#include <vector>

#include "api/daemon_info.hpp"
#include "engine/host_view.hpp"
#include "engine/inspector.hpp"
#include "engine/listing.hpp"

namespace tcpstated {

/// `/`: header, states, leaks, where to go on. `host` is how the client called
/// us ("localhost:19293"), so that the hints can be pasted.
[[nodiscard]] std::string overview_page(const DaemonInfo& daemon,
                                        const HostView& view,
                                        const LeakPolicy& policy,
                                        const std::string& host);

/// The daemon itself: backends, abilities, losses.
[[nodiscard]] std::string status_page(const DaemonInfo& daemon,
                                      const HostView& view);

/// How many ends are in each state, as packets show it; ours and others.
[[nodiscard]] std::string observed_table(const ObservedCounts& counts);

/// `/states`: every state with its count, meaning and what is normal.
[[nodiscard]] std::string states_page(const HostView& view);

/// `/leaks`: groups, then the oldest leaked sockets with their holders.
[[nodiscard]] std::string leaks_page(const HostView& view,
                                     const LeakPolicy& policy,
                                     const LeakListing& leaks);

[[nodiscard]] std::string connections_page(const ListingPage& page,
                                           const std::string& next_link);

/// One connection in full, its ages as of `at`.
[[nodiscard]] std::string connection_page(const ListedConnection& row,
                                          Instant at);

[[nodiscard]] std::string listeners_page(const HostView& view,
                                         const ProcessScan& owners);

[[nodiscard]] std::string processes_page(const ProcessReport& report);

}  // namespace tcpstated
