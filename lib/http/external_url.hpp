// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// --web.external-url and --web.route-prefix: where clients think we are.

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tcpstated {

struct ExternalUrl {
  std::string text;  ///< "https://monitor.example/tcpstated"; "" if none
  std::string path;  ///< "/tcpstated", or ""
};

/// An http or https URL without query, fragment and user; a slash at its end is
/// taken off. "" is none. Pure.
[[nodiscard]] Result<ExternalUrl> parse_external_url(std::string_view text);

/// A path as routes are put behind it: "tcpstated/" and "/tcpstated" are
/// "/tcpstated", "/" and "" are "". Pure.
[[nodiscard]] Result<std::string> parse_route_prefix(std::string_view text);

}  // namespace tcpstated
