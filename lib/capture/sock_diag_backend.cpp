// SPDX-License-Identifier: Apache-2.0
#include "capture/sock_diag_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "tcp/state_set.hpp"

namespace tcpstated {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
/// A sweep is not a moment: sockets move while it runs. On a quiet host the
/// first try agrees with the counters.
constexpr int kMaxTries = 4;
/// Sweeps between two looks for MPTCP connections on a host that had none.
constexpr int kMptcpEvery = 12;
/// Share of a core for sweeps before their time, when the counters say that the
/// last one is no longer true. Ten times the usual: such moments are rare.
constexpr double kUrgentCoreShare = 0.05;

Duration pause_after(Duration cpu, double core_share) {
  return std::chrono::duration_cast<Duration>(cpu / core_share);
}

/// The kernel has no such dump, and will not have it later.
bool is_unknown_to_kernel(const Error& error) {
  return error.code == std::errc::no_such_file_or_directory ||
         error.code == std::errc::operation_not_supported ||
         error.code == std::errc::invalid_argument;
}

}  // namespace

/// Passes rows on to the engine and keeps what the backend itself needs.
class SockDiagBackend::Tap final : public RowSink {
 public:
  Tap(CaptureSink& sink, std::size_t expected) : sink_(sink) {
    close_wait.reserve(expected + expected / 8);
  }

  void on_rows(std::span<const StateChange> rows) override {
    for (const StateChange& row : rows) {
      if (row.socket.protocol == Protocol::Mptcp) continue;
      if (row.to == TcpState::CloseWait) close_wait.push_back(ref_to(row));
      if (row.to == TcpState::FinWait2 &&
          row.socket.kind == SocketKind::TimeWait)
        ++fin_wait_2_minisocks;
    }
    sink_.on_changes(rows);
  }

  std::vector<SocketRef> close_wait;
  std::uint64_t fin_wait_2_minisocks = 0;

 private:
  CaptureSink& sink_;
};

/// Passes on only what is in CLOSE_WAIT: what left it may have been dumped in
/// its new state and must not be counted twice.
class SockDiagBackend::StillWaiting final : public RowSink {
 public:
  explicit StillWaiting(Tap& tap) : tap_(tap) {}

  void on_rows(std::span<const StateChange> rows) override {
    for (const StateChange& row : rows)
      if (row.to == TcpState::CloseWait) tap_.on_rows(std::span(&row, 1));
  }

 private:
  Tap& tap_;
};

SockDiagBackend::SockDiagBackend(std::unique_ptr<SocketView> view,
                                 const SockDiagOptions& options)
    : view_(std::move(view)), options_(options) {}

SockDiagBackend::~SockDiagBackend() = default;

Duration SockDiagBackend::period() const {
  return std::min(kTick, options_.interval);
}

Result<> SockDiagBackend::drain(CaptureSink& sink) {
  bool sweep_now = view_->now() >= next_sweep_;
  if (!sweep_now) {
    const auto agreed = look(sink);
    if (!agreed) return std::unexpected(agreed.error());
    sweep_now = !*agreed && view_->now() >= next_urgent_sweep_;
  }
  if (sweep_now)
    if (auto swept = sweep(sink); !swept) return swept;
  sink.on_time(view_->now());
  return {};
}

/// Counters first: whatever is in CLOSE_WAIT afterwards was so when they were
/// read, or was ESTABLISHED.
Result<bool> SockDiagBackend::look(CaptureSink& sink) {
  const auto counters = view_->counters();
  if (!counters) return std::unexpected(counters.error());
  note(*counters, sink);
  if (auto followed = follow_close_wait(sink); !followed)
    return std::unexpected(followed.error());
  return agrees_with(*counters);
}

void SockDiagBackend::note(const TcpCounters& counters, CaptureSink& sink) {
  if (counters.mptcp_curr_estab > 0) mptcp_pause_ = 0;
  sink.on_counters(counters);
}

/// Whether what is known of sockets can be true at the moment of `counters`.
bool SockDiagBackend::agrees_with(const TcpCounters& counters) const {
  return close_wait_.size() <= counters.curr_estab &&
         fin_wait_2_minisocks_ <= counters.time_wait;
}

Result<> SockDiagBackend::sweep(CaptureSink& sink) {
  for (int attempt = 1;; ++attempt) {
    Tap tap(sink, close_wait_.size());
    auto report = take_snapshot(sink, tap);
    if (!report) return std::unexpected(std::move(report).error());
    if (auto asked = ask_for_missing(tap); !asked) return asked;
    const auto counters = view_->counters();
    if (!counters) return std::unexpected(counters.error());
    close_wait_ = std::move(tap.close_wait);
    fin_wait_2_minisocks_ = tap.fin_wait_2_minisocks;
    report->next_in = std::max(
        options_.interval, pause_after(report->cpu, options_.max_core_share));
    note(*counters, sink);
    sink.on_snapshot_end(*report);
    ++stats_.snapshots;
    stats_.received += report->rows;
    if (!report->complete) ++stats_.snapshots_failed;
    Result<bool> agreed = agrees_with(*counters);
    // Closed while the sweep ran? Asking them costs less than sweeping again.
    if (!*agreed) agreed = look(sink);
    if (!agreed) return std::unexpected(agreed.error());
    if ((report->complete && *agreed) || attempt == kMaxTries) {
      next_sweep_ = report->at + report->next_in;
      next_urgent_sweep_ =
          report->at + pause_after(report->cpu, kUrgentCoreShare);
      stats_.detail =
          fmt::format("{} rows in {} us of CPU, every {:.1f} s", report->rows,
                      report->cpu / std::chrono::microseconds(1),
                      std::chrono::duration<double>(report->next_in).count());
      return {};
    }
  }
}

Result<SnapshotReport> SockDiagBackend::take_snapshot(CaptureSink& sink,
                                                      Tap& tap) {
  SnapshotReport report{.at = view_->now()};
  sink.on_snapshot_begin(report.at);
  const auto add = [&](const DumpStats& dump) {
    report.rows += dump.rows;
    report.cpu += dump.cpu;
    report.wall += dump.wall;
    report.complete = report.complete && dump.complete;
    stats_.rejected += std::accumulate(dump.rejected.begin(),
                                       dump.rejected.end(), std::uint64_t{0});
  };
  const auto tcp = view_->dump_tcp(kWatchedStates, tap);
  if (!tcp) return std::unexpected(tcp.error());
  report.complete = true;
  add(*tcp);
  if (mptcp_ && (mptcp_rows_ > 0 || --mptcp_pause_ <= 0)) {
    mptcp_pause_ = kMptcpEvery;
    const auto mptcp = view_->dump_mptcp(StateSet::all(), tap);
    if (mptcp) {
      mptcp_rows_ = mptcp->rows;
      add(*mptcp);
    } else if (is_unknown_to_kernel(mptcp.error())) {
      mptcp_ = false;
    } else {
      report.complete = false;
    }
  }
  return report;
}

/// A walk of a table that changes can pass over a socket (kernel-views.md
/// section 1: one of 6 million). So a CLOSE_WAIT socket that a sweep did not
/// mention is asked for before it is called gone.
Result<> SockDiagBackend::ask_for_missing(Tap& tap) {
  // The order of the kernel's table hardly changes: what is the same at the
  // front of both needs no sorting, on a quiet host that is all.
  const auto same = std::ranges::mismatch(
      close_wait_, tap.close_wait, {}, &SocketRef::cookie, &SocketRef::cookie);
  std::vector<std::uint64_t> found;
  for (const SocketRef& socket :
       std::ranges::subrange(same.in2, tap.close_wait.end()))
    found.push_back(socket.cookie);
  std::ranges::sort(found);
  std::vector<SocketRef> missing;
  for (const SocketRef& socket :
       std::ranges::subrange(same.in1, close_wait_.end()))
    if (!std::ranges::binary_search(found, socket.cookie))
      missing.push_back(socket);
  if (missing.empty()) return {};
  StillWaiting still_waiting(tap);
  return view_->look_up(missing, still_waiting);
}

/// The sockets at the front have not been asked for longest.
Result<> SockDiagBackend::follow_close_wait(CaptureSink& sink) {
  Tap tap(sink, options_.lookups_per_tick);
  const auto batch =
      std::span(close_wait_)
          .first(std::min(options_.lookups_per_tick, close_wait_.size()));
  auto asked = view_->look_up(batch, tap);
  close_wait_.erase(
      close_wait_.begin(),
      close_wait_.begin() + static_cast<std::ptrdiff_t>(batch.size()));
  close_wait_.insert(close_wait_.end(), tap.close_wait.begin(),
                     tap.close_wait.end());
  return asked;
}

}  // namespace tcpstated
