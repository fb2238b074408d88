// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every path this daemon answers, in one table.

#include <vector>

#include "api/api_state.hpp"
#include "http/router.hpp"

namespace tcpstated {

/// The handlers refer to `state`. They run on the I/O thread and never wait:
/// slow questions go to the engine and come back as messages.
[[nodiscard]] std::vector<Route> make_routes(ApiState& state);

/// `/help`: every path with its curl line, every parameter. Pure.
[[nodiscard]] std::string help_page(const std::vector<Route>& routes,
                                    const std::string& host);

}  // namespace tcpstated
