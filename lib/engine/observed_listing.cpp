// SPDX-License-Identifier: Apache-2.0
#include "engine/observed_listing.hpp"

#include <algorithm>
#include <utility>

namespace tcpstated {
namespace {

Connection row_of(const ObservedConnection& whole, std::size_t i) {
  const ObservedEnd& end = whole.ends[i];
  const FourTuple tuple{.local = end.endpoint,
                        .remote = whole.ends[1 - i].endpoint};
  const std::uint64_t id = row_id(whole.id, tuple);
  return {.id = id,
          .tuple = tuple,
          .state = end.state,
          .quality = end.quality,
          .since = {.earliest = end.since, .latest = end.since, .exact = true},
          .first_seen = end.since,
          .last_seen = whole.last_seen,
          .socket = {.cookie = id}};
}

bool is_shown(const ObservedConnection& whole, std::size_t i) {
  const bool any_local = whole.ends[0].local || whole.ends[1].local;
  return whole.ends[i].state != TcpState::Closed &&
         (whole.ends[i].local || !any_local);
}

}  // namespace

ListingPart list_observed(const ListingQuery& query, const TcpModel& model,
                          const LeakDetector& leaks, const LeakPolicy& policy,
                          Instant now) {
  SmallestIds smallest(query.limit + 1);
  // Packets belong to no process.
  if (query.names_processes()) return {};
  model.visit([&](const ObservedConnection& whole) {
    for (std::size_t i = 0; i < 2; ++i) {
      if (!is_shown(whole, i)) continue;
      ListedConnection row{.connection = row_of(whole, i)};
      if (!query.wants(row.connection, now)) continue;
      const Leak* const leak = leaks.find(row.connection.key());
      if (row.connection.state == TcpState::CloseWait)
        row.cause =
            leak != nullptr ? leak->cause : judge(policy, row.connection, now);
      if (!query.causes.empty() &&
          (!row.cause ||
           std::ranges::find(query.causes, *row.cause) == query.causes.end()))
        continue;
      row.leaked = leak != nullptr;
      if (leak != nullptr) row.holders = leak->holders;
      row.peer = whole.ends[1 - i];
      smallest.add(std::move(row));
    }
  });
  return smallest.take_sorted();
}

void add_peers(std::vector<ListedConnection>& rows, const TcpModel& model) {
  for (ListedConnection& row : rows)
    if (row.connection.tuple.netns == 0)
      row.peer = model.find(row.connection.tuple.reversed());
}

}  // namespace tcpstated
