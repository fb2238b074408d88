// SPDX-License-Identifier: Apache-2.0
#include "engine/inspector.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "kernel/clock.hpp"
#include "tcp/state_set.hpp"

namespace tcpstated {
namespace {

/// New holders of a known socket (a fork, a passed descriptor) are found at
/// this pace even when the old ones still hold it.
constexpr Duration kFullSearchEvery = std::chrono::seconds(30);

Duration thread_cpu() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

std::shared_ptr<const Holders> to_holders(const ProcessScan& scan,
                                          std::uint64_t inode) {
  Holders result;
  if (const auto found = scan.holders.find(inode);
      found != scan.holders.end()) {
    result.attribution = Attribution::Found;
    result.holders.assign(found->second.begin(), found->second.end());
    std::ranges::sort(result.holders, {}, [](const Holder& holder) {
      return std::tuple(holder.process->id.start_time, holder.process->id.pid,
                        holder.fd);
    });
  } else {
    result.attribution = scan.processes_unreadable > 0
                             ? Attribution::NotPermitted
                             : Attribution::NotFound;
    result.candidates = scan.in_flight_candidates;
  }
  return std::make_shared<const Holders>(std::move(result));
}

/// Collects rows of a dump that only the kernel has.
class UnwatchedRows final : public RowSink {
 public:
  UnwatchedRows(const ListingQuery& query, Instant now)
      : query_(query), now_(now), smallest_(query.limit + 1) {}

  void on_rows(std::span<const StateChange> rows) override {
    for (const StateChange& row : rows) {
      const bool watched = row.socket.kind == SocketKind::Full &&
                           kWatchedStates.contains(row.to);
      if (watched) continue;
      if (query_.inodes && !query_.inodes->contains(row.socket.inode)) continue;
      const Connection connection{.id = row.socket.cookie,
                                  .tuple = row.tuple,
                                  .state = row.to,
                                  .quality = row.quality,
                                  .since = since_bounds(row),
                                  .first_seen = row.at,
                                  .last_seen = row.at,
                                  .socket = row.socket};
      if (query_.wants(connection, now_))
        smallest_.add({.connection = connection});
    }
  }

  [[nodiscard]] ListingPart take() { return smallest_.take_sorted(); }

 private:
  const ListingQuery& query_;
  Instant now_;
  SmallestIds smallest_;
};

/// The states of every socket that is a file, by inode, and of those that are
/// not.
class StatesByInode final : public RowSink {
 public:
  void on_rows(std::span<const StateChange> rows) override {
    for (const StateChange& row : rows) {
      if (row.socket.inode == 0)
        ++fileless[row.to];
      else
        by_inode.emplace(row.socket.inode, row.to);
    }
  }

  std::unordered_map<std::uint64_t, TcpState> by_inode;
  StateCounts fileless;
};

}  // namespace

Inspector::Inspector(std::unique_ptr<SocketView> view, ProcessIndex processes,
                     std::unique_ptr<HeldSockets> held, bool procfs)
    : view_(std::move(view)),
      processes_(std::move(processes)),
      held_(std::move(held)),
      procfs_(procfs) {}

Inspector::~Inspector() = default;

bool Inspector::still_holds(const HolderQuestion::Known& known) const {
  return std::ranges::all_of(known.holders->holders, [&](const Holder& holder) {
    return processes_.still_holds(holder, known.inode);
  });
}

HolderAnswer Inspector::find_holders(const HolderQuestion& question) {
  InodeSet search(question.unknown.begin(), question.unknown.end());
  const bool full_search = view_->now() - last_search_ >= kFullSearchEvery;
  for (const HolderQuestion::Known& known : question.known)
    if (full_search || !still_holds(known)) search.insert(known.inode);
  search_cost_ = {};
  if (search.empty()) return {};

  const Duration before = thread_cpu();
  const auto scan = this->scan(InodeFilter::only(search));
  last_search_ = view_->now();
  search_cost_ = thread_cpu() - before;
  HolderAnswer answer;
  if (!scan) return answer;  // /proc itself is unreadable; asked again later
  for (const std::uint64_t inode : search)
    answer.entries.push_back({inode, to_holders(*scan, inode)});
  return answer;
}

/// false: it does not work, nothing was found.
bool Inspector::scan_held(const InodeFilter& wanted, ProcessScan& into) {
  std::map<ProcessId, std::shared_ptr<const Process>> described;
  const auto visited =
      held_->visit(StateSet::all(), [&](const HeldSocket& held) {
        const std::uint64_t inode = held.socket.socket.inode;
        ++into.descriptors_read;
        if (!wanted.wants(inode)) return;
        const auto [process, fresh] = described.try_emplace(held.process);
        if (fresh) process->second = processes_.describe(held.process);
        if (process->second)
          into.holders[inode].push_back(
              {process->second, held.fd, HolderKind::Descriptor});
      });
  into.processes_seen = described.size();
  return visited.has_value();
}

Result<ProcessScan> Inspector::scan(const InodeFilter& wanted) {
  ProcessScan scan;
  if (!held_ || !scan_held(wanted, scan)) return processes_.scan(wanted);
  if (!procfs_ || wanted.set() == nullptr) return scan;
  InodeSet missing;
  for (const std::uint64_t inode : *wanted.set())
    if (!scan.holders.contains(inode)) missing.insert(inode);
  if (missing.empty()) return scan;
  // Fixed files of an io_uring, and descriptors in flight.
  auto rest = processes_.scan(InodeFilter::only(missing));
  if (!rest) return scan;
  scan.processes_unreadable = rest->processes_unreadable;
  scan.in_flight_candidates = std::move(rest->in_flight_candidates);
  scan.holders.merge(rest->holders);
  return scan;
}

Result<ListingPart> Inspector::list_unwatched(const ListingQuery& query) {
  UnwatchedRows rows(query, view_->now());
  if (query.filter.protocol != Protocol::Mptcp) {
    const auto tcp = view_->dump_tcp(query.filter.states, rows);
    if (!tcp) return std::unexpected(tcp.error());
    if (!tcp->complete) return fail("the kernel broke off the socket dump");
  }
  if (query.filter.protocol != Protocol::Tcp) {
    // No MPTCP in this kernel is no error: there are no such rows.
    const auto mptcp = view_->dump_mptcp(query.filter.states, rows);
    if (mptcp && !mptcp->complete)
      return fail("the kernel broke off the MPTCP dump");
  }
  return rows.take();
}

void Inspector::name_holders(std::vector<ListedConnection>& rows) {
  InodeSet inodes;
  const auto is_unknown = [](const ListedConnection& row) {
    return !row.holders || row.holders->attribution == Attribution::Pending;
  };
  for (const ListedConnection& row : rows)
    if (is_unknown(row) && row.connection.socket.inode != 0)
      inodes.insert(row.connection.socket.inode);
  if (inodes.empty()) return;
  const auto scan = this->scan(InodeFilter::only(inodes));
  if (!scan) return;  // rows without holders say so themselves
  for (ListedConnection& row : rows)
    if (inodes.contains(row.connection.socket.inode) && is_unknown(row))
      row.holders = to_holders(*scan, row.connection.socket.inode);
}

Result<ProcessReport> Inspector::report_processes() {
  StatesByInode states;
  // MPTCP first: the first row of an inode says its state.
  if (const auto mptcp = view_->dump_mptcp(StateSet::all(), states);
      mptcp && !mptcp->complete)
    return fail("the kernel broke off the MPTCP dump");
  const auto tcp = view_->dump_tcp(StateSet::all(), states);
  if (!tcp) return std::unexpected(tcp.error());
  if (!tcp->complete) return fail("the kernel broke off the socket dump");
  const auto scan = this->scan(InodeFilter::all());
  if (!scan) return std::unexpected(scan.error());

  ProcessReport report{.processes = {},
                       .unowned = states.fileless,
                       .unreadable = scan->processes_unreadable};
  std::map<std::int32_t, ProcessSockets> by_pid;
  for (const auto& [inode, state] : states.by_inode) {
    const auto holders = scan->holders.find(inode);
    if (holders == scan->holders.end()) {
      ++report.unowned[state];
      continue;
    }
    std::int32_t last_pid = -1;
    for (const Holder& holder : holders->second) {
      if (std::exchange(last_pid, holder.process->id.pid) ==
          holder.process->id.pid)
        continue;  // the same process through another descriptor
      ProcessSockets& sockets = by_pid[holder.process->id.pid];
      sockets.process = holder.process;
      ++sockets.counts[state];
    }
  }
  for (auto& [pid, sockets] : by_pid)
    report.processes.push_back(std::move(sockets));
  std::ranges::stable_sort(
      report.processes, std::ranges::greater{},
      [](const ProcessSockets& process) { return process.counts.total(); });
  return report;
}

}  // namespace tcpstated
