// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Listings from what packets show. Pure.

#include <vector>

#include "engine/listing.hpp"
#include "engine/packet_view.hpp"
#include "leak/leak_detector.hpp"

namespace tcpstated {

/// The rows of a host whose kernel is not asked: every end that we sit beside;
/// of a connection that only passes us, both. What is closed is left out.
[[nodiscard]] ListingPart list_observed(const ListingQuery& query,
                                        const TcpModel& model,
                                        const LeakDetector& leaks,
                                        const LeakPolicy& policy, Instant now);

/// Puts the state of the other end to the rows of a listing.
void add_peers(std::vector<ListedConnection>& rows, const TcpModel& model);

}  // namespace tcpstated
