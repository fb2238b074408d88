// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A page of connections: what is asked, and what comes back. Order is by id,
/// so that a page is "the next `limit` above `after`", stable under churn
/// without any state on the server.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/process_index.hpp"
#include "leak/leak_detector.hpp"
#include "table/connection_filter.hpp"
#include "table/connection_table.hpp"
#include "tcp/observed.hpp"

namespace tcpstated {

struct ListingQuery {
  ConnectionFilter filter;
  std::vector<LeakCause> causes;    ///< empty: any; else CLOSE_WAIT rows only
  std::optional<std::uint64_t> id;  ///< exactly this one
  /// Who holds them; all lists together must match, within one any may.
  std::vector<std::int32_t> pids;
  std::vector<std::string> processes;
  std::vector<std::string> units;
  /// What the three lists above were resolved to: held inodes.
  std::shared_ptr<const InodeSet> inodes;
  std::uint64_t after = 0;
  std::size_t limit = 100;

  [[nodiscard]] bool names_processes() const {
    return !pids.empty() || !processes.empty() || !units.empty();
  }
  [[nodiscard]] bool wants(const Process& process) const;
  [[nodiscard]] bool wants(const Connection& row, Instant now) const;
};

/// One row of a page.
struct ListedConnection {
  Connection connection;
  std::optional<LeakCause> cause;  ///< CLOSE_WAIT: why
  bool leaked = false;
  std::optional<Endpoint> listener;
  std::shared_ptr<const Holders> holders;  ///< null: not looked up
  std::optional<ObservedEnd> peer;         ///< as packets show it
};

/// The smallest ids above `after`, one more than `limit` if there are more.
using ListingPart = std::vector<ListedConnection>;

struct ListingPage {
  Instant at;
  std::vector<ListedConnection> rows;
  std::optional<std::uint64_t> next;  ///< `after` of the next page
};

/// Leaked sockets as they were at one moment.
struct LeakListing {
  Instant at;
  std::size_t total = 0;
  std::vector<LeakGroup> groups;  ///< of all, largest first
  std::vector<Leak> oldest;       ///< at most as many as were asked for
};

/// Keeps the `capacity` smallest ids of what it is given.
class SmallestIds {
 public:
  explicit SmallestIds(std::size_t capacity) : capacity_(capacity) {}
  void add(ListedConnection row);
  [[nodiscard]] ListingPart take_sorted();

 private:
  std::size_t capacity_;
  ListingPart heap_;  ///< largest id first
};

/// The part of a listing that the watched table can answer.
[[nodiscard]] ListingPart list_watched(const ListingQuery& query,
                                       const ConnectionTable& table,
                                       const LeakDetector& leaks,
                                       const LeakPolicy& policy, Instant now);

/// Whether the rest has to be asked of the kernel.
[[nodiscard]] bool needs_dump(const ListingQuery& query);

/// Both parts as one page. What is in both was moved on between the two looks:
/// the unwatched row is the newer one.
[[nodiscard]] ListingPage merge_parts(const ListingQuery& query, Instant at,
                                      ListingPart watched,
                                      ListingPart unwatched);

}  // namespace tcpstated
