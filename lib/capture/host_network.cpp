// SPDX-License-Identifier: Apache-2.0
#include "capture/host_network.hpp"

#include <utility>

#include "capture/link_watch.hpp"
#include "capture/pcap_live.hpp"
#include "kernel/clock.hpp"

namespace tcpstated {
namespace {

class RealHostNetwork final : public HostNetwork {
 public:
  explicit RealHostNetwork(LinkWatch links) : links_(std::move(links)) {}

  [[nodiscard]] int descriptor() const override { return links_.descriptor(); }
  Result<bool> refresh() override { return links_.refresh(); }
  [[nodiscard]] const std::vector<NetworkInterface>& interfaces()
      const override {
    return links_.interfaces();
  }
  [[nodiscard]] const std::vector<IpPrefix>& addresses() const override {
    return links_.addresses();
  }

  Result<std::unique_ptr<InterfaceCapture>> capture(
      const NetworkInterface& interface, const PcapOptions& options) override {
    return open_pcap_live(interface, options);
  }

  /// Both at one moment, or as near as a thread that is interrupted gets.
  [[nodiscard]] WallAnchor now() const override {
    constexpr Duration kNear = std::chrono::microseconds(5);
    constexpr int kMaxTries = 5;
    for (int attempt = 1;; ++attempt) {
      const Duration before = read_clock(CLOCK_REALTIME);
      const Duration boot = read_clock(CLOCK_BOOTTIME);
      const Duration between = read_clock(CLOCK_REALTIME) - before;
      const bool near = between >= Duration::zero() && between <= kNear;
      if (near || attempt == kMaxTries)
        return {.event = Instant(boot), .wall = WallTime(before)};
    }
  }

 private:
  LinkWatch links_;
};

}  // namespace

Result<std::unique_ptr<HostNetwork>> open_host_network() {
  auto links = LinkWatch::open();
  if (!links) return std::unexpected(std::move(links).error());
  return std::make_unique<RealHostNetwork>(std::move(*links));
}

}  // namespace tcpstated
