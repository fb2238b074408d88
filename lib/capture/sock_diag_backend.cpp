// SPDX-License-Identifier: Apache-2.0
#include "capture/sock_diag_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace tcpstated {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
/// A sweep is not a moment: sockets move while it runs. On a quiet host the
/// first try agrees with the counters.
constexpr int kMaxTries = 4;

}  // namespace

/// Passes rows on to the engine and keeps what the backend itself needs.
class SockDiagBackend::Tap final : public RowSink {
 public:
  explicit Tap(CaptureSink& sink) : sink_(sink) {}

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

  /// Whether counters read after the rows can belong to the same moment.
  [[nodiscard]] bool agrees_with(const TcpCounters& counters) const {
    return close_wait.size() <= counters.curr_estab &&
           fin_wait_2_minisocks <= counters.time_wait;
  }

  std::vector<SocketRef> close_wait;
  std::uint64_t fin_wait_2_minisocks = 0;

 private:
  CaptureSink& sink_;
};

SockDiagBackend::SockDiagBackend(std::unique_ptr<SocketView> view,
                                 const SockDiagOptions& options)
    : view_(std::move(view)), options_(options) {}

SockDiagBackend::~SockDiagBackend() = default;

Duration SockDiagBackend::period() const {
  return std::min(kTick, options_.interval);
}

Result<> SockDiagBackend::drain(CaptureSink& sink) {
  if (view_->now() >= next_sweep_) {
    if (auto swept = sweep(sink); !swept) return swept;
  } else {
    const auto counters = view_->counters();
    if (!counters) return std::unexpected(counters.error());
    sink.on_counters(*counters);
    if (auto followed = follow_close_wait(sink); !followed) return followed;
  }
  sink.on_time(view_->now());
  return {};
}

Result<> SockDiagBackend::sweep(CaptureSink& sink) {
  for (int attempt = 1;; ++attempt) {
    Tap tap(sink);
    auto report = take_snapshot(sink, tap);
    if (!report) return std::unexpected(std::move(report).error());
    if (auto asked = ask_for_missing(tap); !asked) return asked;
    const auto counters = view_->counters();
    if (!counters) return std::unexpected(counters.error());
    const bool settled = report->complete && tap.agrees_with(*counters);
    const auto cost = std::chrono::duration_cast<Duration>(
        report->cpu / options_.max_core_share);
    report->next_in = std::max(options_.interval, cost);
    sink.on_counters(*counters);
    sink.on_snapshot_end(*report);
    ++stats_.snapshots;
    stats_.received += report->rows;
    if (!report->complete) ++stats_.snapshots_failed;
    close_wait_ = std::move(tap.close_wait);
    if (settled || attempt == kMaxTries) {
      next_sweep_ = report->at + report->next_in;
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
  if (mptcp_) {
    if (const auto mptcp = view_->dump_mptcp(StateSet::all(), tap))
      add(*mptcp);
    else
      mptcp_ = false;
  }
  return report;
}

/// A walk of a table that changes can pass over a socket (kernel-views.md
/// section 1: one of 6 million). So a CLOSE_WAIT socket that a sweep did not
/// mention is asked for before it is called gone.
Result<> SockDiagBackend::ask_for_missing(Tap& tap) {
  std::ranges::sort(tap.close_wait, {}, &SocketRef::cookie);
  std::vector<SocketRef> missing;
  std::ranges::set_difference(close_wait_, tap.close_wait,
                              std::back_inserter(missing), {},
                              &SocketRef::cookie, &SocketRef::cookie);
  auto asked = view_->look_up(missing, tap);
  std::ranges::sort(tap.close_wait, {}, &SocketRef::cookie);
  return asked;
}

Result<> SockDiagBackend::follow_close_wait(CaptureSink& sink) {
  Tap tap(sink);
  if (next_lookup_ >= close_wait_.size()) next_lookup_ = 0;
  const auto due = std::span(close_wait_).subspan(next_lookup_);
  const auto batch = due.first(std::min(options_.lookups_per_tick, due.size()));
  next_lookup_ += batch.size();
  return view_->look_up(batch, tap);
}

}  // namespace tcpstated
