// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The packet view, live: captures on the wanted interfaces, puts what they
/// deliver into the order of time and follows the host's addresses. Knows
/// neither libpcap nor netlink (HostNetwork) nor TCP states.

#include <memory>
#include <vector>

#include "base/fd.hpp"
#include "capture/capture_backend.hpp"
#include "capture/host_network.hpp"
#include "capture/interface_slot.hpp"
#include "capture/segment_batch.hpp"

namespace tcpstated {

class PcapBackend final : public CaptureBackend {
 public:
  /// An Error if there are interfaces and none of them can be captured.
  [[nodiscard]] static Result<std::unique_ptr<PcapBackend>> open(
      std::unique_ptr<HostNetwork> network, PcapOptions options);
  ~PcapBackend() override;

  [[nodiscard]] std::string_view name() const override { return "pcap"; }
  [[nodiscard]] ViewKind view() const override { return ViewKind::Packets; }
  [[nodiscard]] Duration period() const override;
  [[nodiscard]] int descriptor() const override { return waits_.get(); }

  /// A few thousand packets at most; the descriptor stays readable if there are
  /// more. With several interfaces a packet is held until none of the others
  /// can still come with an older one (12 ms).
  Result<> drain(CaptureSink& sink) override;

  [[nodiscard]] CaptureStats stats() const override;

 private:
  PcapBackend(std::unique_ptr<HostNetwork> network, PcapOptions options);

  Result<> prepare();
  Result<> watch(int fd);
  Result<> follow_network();
  void add_slots();
  Result<> open_slots(Instant now);
  void read_slots(const WallAnchor& now, CaptureSink& sink);
  void tell_losses(CaptureSink& sink);
  void tell_addresses(CaptureSink& sink);
  bool forget_gone_slots();
  void wake_for_held(Instant now);

  std::unique_ptr<HostNetwork> network_;
  PcapOptions options_;
  UniqueFd waits_;  ///< epoll: all captures, the network, `held_`
  UniqueFd held_;   ///< a timer: held packets are due
  // Pointers, because a queue must stay where it is while others come and go.
  std::vector<std::unique_ptr<InterfaceSlot>> slots_;
  std::size_t left_out_ = 0;  ///< interfaces beyond `max_interfaces`
  std::uint64_t lost_by_gone_ = 0;
  SegmentBatch batch_;
  std::shared_ptr<const LocalAddresses> ours_;
  bool ours_told_ = false;
  Instant next_losses_ = Instant::min();
};

}  // namespace tcpstated
