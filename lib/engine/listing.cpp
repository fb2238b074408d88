// SPDX-License-Identifier: Apache-2.0
#include "engine/listing.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tcp/state_set.hpp"

namespace tcpstated {
namespace {

constexpr StateSet kUnwatchedStates{
    TcpState::Established, TcpState::TimeWait,
    TcpState::SynReceived,  // request sockets
    TcpState::FinWait2,     // minisocks
};

bool by_id(const ListedConnection& a, const ListedConnection& b) {
  return a.connection.id < b.connection.id;
}

template <typename T>
bool listed(const std::vector<T>& list, const T& value) {
  return list.empty() || std::ranges::find(list, value) != list.end();
}

}  // namespace

bool ListingQuery::wants(const Process& process) const {
  return listed(pids, process.id.pid) && listed(processes, process.command) &&
         listed(units, process.unit);
}

bool ListingQuery::wants(const Connection& row, Instant now) const {
  return row.id > after && (!id || row.id == *id) && filter.matches(row, now);
}

void SmallestIds::add(ListedConnection row) {
  if (heap_.size() == capacity_) {
    if (!by_id(row, heap_.front())) return;
    std::ranges::pop_heap(heap_, by_id);
    heap_.pop_back();
  }
  heap_.push_back(std::move(row));
  std::ranges::push_heap(heap_, by_id);
}

ListingPart SmallestIds::take_sorted() {
  std::ranges::sort_heap(heap_, by_id);
  return std::exchange(heap_, {});
}

ListingPart list_watched(const ListingQuery& query,
                         const ConnectionTable& table,
                         const LeakDetector& leaks, const LeakPolicy& policy,
                         Instant now) {
  SmallestIds smallest(query.limit + 1);
  table.visit([&](const Connection& row) {
    if (!query.wants(row, now)) return;
    ListedConnection listed_row{.connection = row};
    const bool close_wait = row.state == TcpState::CloseWait;
    if (!close_wait && !query.causes.empty()) return;
    const Leak* leak = leaks.find(row.key());
    if (close_wait) {
      listed_row.cause = judge(policy, row, now);
      if (!listed(query.causes, *listed_row.cause)) return;
    }
    if (leak != nullptr) {
      listed_row.leaked = true;
      listed_row.listener = leak->listener;
      listed_row.holders = leak->holders;
    }
    if (query.inodes) {
      const auto held = [&](std::uint64_t inode) {
        return query.inodes->contains(inode);
      };
      if (!held(row.socket.inode) &&
          (leak == nullptr || std::ranges::none_of(leak->held_inodes, held)))
        return;
    }
    smallest.add(std::move(listed_row));
  });
  return smallest.take_sorted();
}

bool needs_dump(const ListingQuery& query) {
  const StateSet watched_only = StateSet::all().without(kUnwatchedStates);
  return !query.filter.states.without(watched_only).empty() &&
         query.causes.empty();
}

ListingPage merge_parts(const ListingQuery& query, Instant at,
                        ListingPart watched, ListingPart unwatched) {
  ListingPage page{.at = at};
  std::ranges::merge(std::make_move_iterator(unwatched.begin()),
                     std::make_move_iterator(unwatched.end()),
                     std::make_move_iterator(watched.begin()),
                     std::make_move_iterator(watched.end()),
                     std::back_inserter(page.rows), by_id);
  const auto repeated = std::ranges::unique(
      page.rows, {},
      [](const ListedConnection& row) { return row.connection.id; });
  page.rows.erase(repeated.begin(), repeated.end());
  if (page.rows.size() > query.limit) {
    page.rows.resize(query.limit);
    if (!page.rows.empty()) page.next = page.rows.back().connection.id;
  }
  return page;
}

}  // namespace tcpstated
