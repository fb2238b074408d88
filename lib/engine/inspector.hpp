// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The slow questions: who holds these inodes, what does the whole table hold.
/// Reads /proc and dumps the kernel's table; lives on a thread of its own, so
/// that neither the engine nor a scrape ever waits for it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/listing.hpp"
#include "kernel/held_sockets.hpp"
#include "kernel/process_index.hpp"
#include "kernel/socket_view.hpp"
#include "leak/leak_detector.hpp"
#include "table/state_counts.hpp"

namespace tcpstated {

/// The sockets of one process. A socket with several holders counts for each.
struct ProcessSockets {
  std::shared_ptr<const Process> process;
  StateCounts counts;
};

struct ProcessReport {
  std::vector<ProcessSockets> processes;  ///< most sockets first
  StateCounts unowned;                    ///< held by no process that was read
  std::size_t unreadable = 0;             ///< processes we may not look into
};

/// Belongs to one thread.
class Inspector {
 public:
  /// `held` may be null: then only /proc is asked. `procfs`: whether it is, for
  /// what `held` does not find.
  Inspector(std::unique_ptr<SocketView> view, ProcessIndex processes,
            std::unique_ptr<HeldSockets> held = nullptr, bool procfs = true);
  ~Inspector();

  /// Checks the known answers and searches for what is unknown or has changed.
  /// Scans /proc at most once; not at all if every known answer still holds and
  /// the last full search is recent.
  [[nodiscard]] HolderAnswer find_holders(const HolderQuestion& question);

  /// Who holds each of these inodes: one pass over the descriptors of all
  /// processes in the kernel, if that works here, and over /proc for what it
  /// does not show. Inodes that nobody holds are absent.
  [[nodiscard]] Result<ProcessScan> scan(const InodeFilter& wanted);

  /// Rows that the watched table does not have (ESTABLISHED, TIME_WAIT, request
  /// sockets, minisocks), the `limit` smallest ids above `after`.
  [[nodiscard]] Result<ListingPart> list_unwatched(const ListingQuery& query);

  /// Puts the holders to rows that are files and were not searched for yet.
  void name_holders(std::vector<ListedConnection>& rows);

  /// A full dump joined with a full scan. A socket counts once, also an MPTCP
  /// connection, whose subflows have its inode.
  [[nodiscard]] Result<ProcessReport> report_processes();

  /// The kernel's clock.
  [[nodiscard]] Instant now() const { return view_->now(); }

  /// CPU time of the last find_holders(): what paces the next one.
  [[nodiscard]] Duration last_search_cost() const { return search_cost_; }

 private:
  [[nodiscard]] bool still_holds(const HolderQuestion::Known& known) const;
  [[nodiscard]] bool scan_held(const InodeFilter& wanted, ProcessScan& into);

  std::unique_ptr<SocketView> view_;
  ProcessIndex processes_;
  std::unique_ptr<HeldSockets> held_;
  bool procfs_ = true;
  Instant last_search_;
  Duration search_cost_{};
};

}  // namespace tcpstated
