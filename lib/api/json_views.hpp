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
/// `leaks` is one page of `total`; `next` the cursor of the following one.
[[nodiscard]] std::string leaks_json(const HostView& view,
                                     const std::vector<Leak>& leaks);
[[nodiscard]] std::string connections_json(const ListingPage& page,
                                           const HostView& view);
[[nodiscard]] std::string connection_json(const ListedConnection& row,
                                          const HostView& view);
[[nodiscard]] std::string listeners_json(const HostView& view,
                                         const ProcessScan& owners);
[[nodiscard]] std::string processes_json(const ProcessReport& report,
                                         const HostView& view);
/// `/` as JSON: status, states and leak groups in one document.
[[nodiscard]] std::string overview_json(const DaemonInfo& daemon,
                                        const HostView& view);

}  // namespace tcpstated
