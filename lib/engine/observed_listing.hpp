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
/// of a connection that only passes us, both. What is closed is left out. In
/// steps, because packets are waiting.
class ObservedListing {
 public:
  explicit ObservedListing(const ListingQuery& query);

  /// Looks at some thousand connections more; false: there are no more.
  bool look_on(const TcpModel& model, const LeakDetector& leaks,
               const LeakPolicy& policy, Instant now);
  [[nodiscard]] ListingPart take_sorted() { return smallest_.take_sorted(); }

 private:
  void add(ListedConnection row, const LeakDetector& leaks,
           const LeakPolicy& policy, Instant now);

  const ListingQuery& query_;
  SmallestIds smallest_;
  std::size_t next_ = 0;  ///< place in the model's table
};

/// Puts the state of the other end to the rows of a listing.
void add_peers(std::vector<ListedConnection>& rows, const TcpModel& model);

}  // namespace tcpstated
