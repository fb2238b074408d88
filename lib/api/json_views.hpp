// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The same values as JSON. Keys are snake_case; times RFC 3339 in UTC and,
/// where a person would do arithmetic, also *_seconds; ids, inodes and cookies
/// are strings, because they exceed 2^53.

#include <string>
#include <vector>

#include "api/daemon_info.hpp"
#include "config/config.hpp"
#include "engine/host_view.hpp"
#include "engine/inspector.hpp"
#include "engine/listing.hpp"

namespace tcpstated {

[[nodiscard]] std::string status_json(const DaemonInfo& daemon,
                                      const HostView& view);
[[nodiscard]] std::string states_json(const HostView& view);
[[nodiscard]] std::string leaks_json(const HostView& view,
                                     const LeakListing& leaks);
[[nodiscard]] std::string connections_json(const ListingPage& page,
                                           const HostView& view);
[[nodiscard]] std::string connection_json(const ListedConnection& row,
                                          Instant at, const HostView& view);
[[nodiscard]] std::string listeners_json(const HostView& view,
                                         const ProcessScan& owners);
[[nodiscard]] std::string processes_json(const ProcessReport& report,
                                         const HostView& view);
/// Every key of the configuration with its value in use.
[[nodiscard]] std::string config_json(const Config& config);
/// `/` as JSON: status, states and leak groups in one document.
[[nodiscard]] std::string overview_json(const DaemonInfo& daemon,
                                        const HostView& view);

}  // namespace tcpstated
