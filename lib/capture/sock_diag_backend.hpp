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

  /// Counters, then either a sweep, if one is due, or look-ups. A sweep whose
  /// rows contradict the counters (both move while it runs) is repeated at
  /// once, a few times.
  Result<> drain(CaptureSink& sink) override;

  [[nodiscard]] CaptureStats stats() const override { return stats_; }

 private:
  class Tap;

  Result<> sweep(CaptureSink& sink);
  Result<SnapshotReport> take_snapshot(CaptureSink& sink, Tap& tap);
  Result<> ask_for_missing(Tap& tap);
  Result<> follow_close_wait(CaptureSink& sink);

  std::unique_ptr<SocketView> view_;
  SockDiagOptions options_;
  CaptureStats stats_;
  Instant next_sweep_;
  bool mptcp_ = true;                  ///< until the kernel says it has none
  std::vector<SocketRef> close_wait_;  ///< of the last sweep, by cookie
  std::size_t next_lookup_ = 0;        ///< round robin over close_wait_
};

}  // namespace tcpstated
