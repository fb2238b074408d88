// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The kernel view by events, on top of the sweeps of sock_diag: exact ages,
/// CLOSE_WAIT sockets of every network namespace, closed sockets that are still
/// held, and how often which transition happened. Sockets that leave CLOSE_WAIT
/// within half a second are counted and never become rows. Brings no time on:
/// the sweeps do, without which there is nothing to stand on.

#include <deque>
#include <memory>
#include <vector>

#include "capture/capture_backend.hpp"
#include "capture/capture_options.hpp"
#include "capture/detached_sockets.hpp"
#include "capture/event_source.hpp"
#include "capture/reconciler.hpp"
#include "kernel/held_sockets.hpp"
#include "kernel/socket_view.hpp"

namespace tcpstated {

class EbpfBackend final : public CaptureBackend {
 public:
  /// `held` may be null: then other namespaces and detached sockets are known
  /// by events only.
  EbpfBackend(std::unique_ptr<EventSource> source,
              std::unique_ptr<SocketView> view,
              std::unique_ptr<HeldSockets> held, const EbpfOptions& options);

  [[nodiscard]] std::string_view name() const override { return "ebpf"; }
  [[nodiscard]] Duration period() const override;

  /// Events at every call, and look-ups of what stays; totals and closed
  /// sockets that are held once a second or more often; dumps when they are due
  /// or something was lost.
  Result<> drain(CaptureSink& sink) override;

  void report_every_transition(bool wanted) override;
  [[nodiscard]] CaptureStats stats() const override { return stats_; }

 private:
  struct Young {
    std::uint64_t cookie = 0;
    Instant at;
  };

  Result<> read_events(CaptureSink& sink);
  void take_event(const SocketEvent& event, CaptureSink& sink);
  void flush(CaptureSink& sink);
  Result<> announce_survivors(CaptureSink& sink);
  Result<> reconcile(CaptureSink& sink);
  Result<> pass_over_descriptors(CaptureSink& sink);
  void announce_others(const std::vector<StateChange>& rows);
  [[nodiscard]] bool wants_pass(Instant now) const;
  Result<> check(CaptureSink& sink);
  void note_losses(const EventTotals& totals);

  std::unique_ptr<EventSource> source_;
  std::unique_ptr<SocketView> view_;
  std::unique_ptr<HeldSockets> held_;
  EbpfOptions options_;
  Reconciler known_;
  DetachedSockets detached_;
  EventMode mode_ = EventMode::CloseWait;
  EventReport report_;
  CaptureStats stats_;

  std::deque<Young> young_;           ///< of our own namespace, oldest first
  std::vector<StateChange> changes_;  // batch, reused
  std::vector<SocketEvent> events_;   // batch, reused
  /// LISTEN rows of other namespaces that the last pass found.
  std::vector<StateChange> listening_elsewhere_;
  std::size_t elsewhere_ = 0;  ///< followed sockets of other namespaces

  Instant next_check_;
  Instant next_reconcile_;
  Instant next_pass_;
  Instant next_idle_pass_;
  bool resync_ = false;
  bool closed_held_ = false;     ///< a leak may have become a detached socket
  std::uint64_t unrescued_ = 0;  ///< a second ago
};

}  // namespace tcpstated
