// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The kernel view by polling, in the tiers of kernel-view cost: counters every
/// second, a masked sweep every few seconds, exact look-ups of known CLOSE_WAIT
/// sockets in between. It watches what matters; ESTABLISHED and TIME_WAIT are
/// never dumped here.

#include <memory>
#include <vector>

#include "capture/capture_backend.hpp"
#include "capture/capture_options.hpp"
#include "kernel/socket_view.hpp"

namespace tcpstated {

class SockDiagBackend final : public CaptureBackend {
 public:
  SockDiagBackend(std::unique_ptr<SocketView> view,
                  const SockDiagOptions& options);
  ~SockDiagBackend() override;

  [[nodiscard]] std::string_view name() const override { return "sock_diag"; }
  [[nodiscard]] Duration period() const override;

  /// A sweep, if one is due, or counters and look-ups; a sweep also if these
  /// contradict what the last one found. If its rows contradict the counters
  /// (both move while it runs) and look-ups do not help, it is repeated at
  /// once, a few times.
  Result<> drain(CaptureSink& sink) override;

  [[nodiscard]] CaptureStats stats() const override { return stats_; }

 private:
  class Tap;
  class StillWaiting;

  Result<bool> look(CaptureSink& sink);
  void note(const TcpCounters& counters, CaptureSink& sink);
  [[nodiscard]] bool agrees_with(const TcpCounters& counters) const;
  Result<> sweep(CaptureSink& sink);
  Result<SnapshotReport> take_snapshot(CaptureSink& sink, Tap& tap);
  Result<> ask_for_missing(Tap& tap);
  Result<> follow_close_wait(CaptureSink& sink);

  std::unique_ptr<SocketView> view_;
  SockDiagOptions options_;
  CaptureStats stats_;
  Instant next_sweep_;
  Instant next_urgent_sweep_;
  bool mptcp_ = true;           ///< until the kernel says it has none
  std::size_t mptcp_rows_ = 0;  ///< of the last MPTCP dump
  int mptcp_pause_ = 0;         ///< sweeps until the next one
  // Of the last sweep, less what was found gone since.
  std::vector<SocketRef> close_wait_;
  std::uint64_t fin_wait_2_minisocks_ = 0;
};

}  // namespace tcpstated
