// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One connection seen in packets, with its traffic, as a record: JSON and CSV.

#include <string>

#include "base/time.hpp"
#include "tcp/observed.hpp"
#include "tcp/traffic.hpp"

namespace tcpstated {

/// One line without its end. `connection.traffic` must not be null.
[[nodiscard]] std::string observed_json(const ObservedConnection& connection,
                                        const WallAnchor& anchor);

/// The names of the columns, and one row; RFC 4180 without the line end.
[[nodiscard]] std::string observed_csv_header();
[[nodiscard]] std::string observed_csv(const ObservedConnection& connection,
                                       const WallAnchor& anchor);

/// "originator", "responder"; empty if nobody closed it.
[[nodiscard]] std::string_view closed_by(const Traffic& traffic);

}  // namespace tcpstated
