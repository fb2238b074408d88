// SPDX-License-Identifier: Apache-2.0
#include "engine/observed_listing.hpp"

#include <algorithm>
#include <utility>

namespace tcpstated {
namespace {

/// A millisecond or two of the thread that drains captures.
constexpr std::size_t kPlacesPerStep = 8192;

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

ObservedListing::ObservedListing(const ListingQuery& query)
    : query_(query), smallest_(query.limit + 1) {}

bool ObservedListing::look_on(const TcpModel& model, const LeakDetector& leaks,
                              const LeakPolicy& policy, Instant now) {
  // Packets belong to no process.
  if (query_.names_processes()) return false;
  next_ = model.visit_some(
      next_, kPlacesPerStep, [&](const ObservedConnection& whole) {
        for (std::size_t i = 0; i < 2; ++i)
          if (is_shown(whole, i))
            add({.connection = row_of(whole, i), .peer = whole.ends[1 - i]},
                leaks, policy, now);
      });
  return next_ != 0;
}

void ObservedListing::add(ListedConnection row, const LeakDetector& leaks,
                          const LeakPolicy& policy, Instant now) {
  if (!query_.wants(row.connection, now)) return;
  const Leak* const leak = leaks.find(row.connection.key());
  if (row.connection.state == TcpState::CloseWait)
    row.cause =
        leak != nullptr ? leak->cause : judge(policy, row.connection, now);
  if (!query_.causes.empty() &&
      (!row.cause ||
       std::ranges::find(query_.causes, *row.cause) == query_.causes.end()))
    return;
  row.leaked = leak != nullptr;
  if (leak != nullptr) row.holders = leak->holders;
  smallest_.add(std::move(row));
}

void add_peers(std::vector<ListedConnection>& rows, const TcpModel& model) {
  for (ListedConnection& row : rows)
    if (row.connection.tuple.netns == 0)
      row.peer = model.find(row.connection.tuple.reversed());
}

}  // namespace tcpstated
