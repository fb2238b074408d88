// SPDX-License-Identifier: Apache-2.0
#include "capture/backends.hpp"

#include <array>
#include <utility>

#include "capture/ebpf_backend.hpp"
#include "capture/host_network.hpp"
#include "capture/pcap_backend.hpp"
#include "capture/sock_diag_backend.hpp"

namespace tcpstated {
namespace {

/// Accepts rows and forgets them: a probe only asks whether the kernel answers.
class NoRows final : public RowSink {
 public:
  void on_rows(std::span<const StateChange> /*rows*/) override {}
};

Result<std::unique_ptr<CaptureBackend>> open_sock_diag(
    const CaptureOptions& options) {
  auto view = open_socket_view();
  if (!view) return std::unexpected(std::move(view).error());
  NoRows sink;
  // Listeners only: it walks a small hash and finds a missing tcp_diag module.
  if (auto dump = (*view)->dump_tcp({TcpState::Listen}, sink); !dump)
    return wrap(std::move(dump).error(), "sock_diag (module tcp_diag)");
  if (auto counters = (*view)->counters(); !counters)
    return std::unexpected(std::move(counters).error());
  return std::make_unique<SockDiagBackend>(std::move(*view), options.sock_diag);
}

/// Events alone know nothing that was open before; sweeps do.
Result<std::unique_ptr<CaptureBackend>> open_ebpf(
    const CaptureOptions& options) {
  if (options.sock_diag.enabled == Enabled::False)
    return fail("works only on top of sock_diag, which is off");
  auto source = open_event_source();
  if (!source) return std::unexpected(std::move(source).error());
  auto view = open_socket_view();
  if (!view) return std::unexpected(std::move(view).error());
  auto held = open_held_sockets();
  return std::make_unique<EbpfBackend>(std::move(*source), std::move(*view),
                                       held ? std::move(*held) : nullptr,
                                       options.ebpf);
}

Result<std::unique_ptr<CaptureBackend>> open_pcap(
    const CaptureOptions& options) {
  auto network = open_host_network();
  if (!network) return std::unexpected(std::move(network).error());
  return PcapBackend::open(std::move(*network), options.pcap);
}

constexpr std::array<BackendInfo, 3> kBackends{{
    {"sock_diag", "the kernel's socket table, by netlink",
     [](const CaptureOptions& options) { return options.sock_diag.enabled; },
     open_sock_diag},
    {"ebpf", "transitions as they happen, from programs in the kernel",
     [](const CaptureOptions& options) { return options.ebpf.enabled; },
     open_ebpf},
    {"pcap", "packets on the wire, by libpcap",
     [](const CaptureOptions& options) { return options.pcap.enabled; },
     open_pcap},
}};

}  // namespace

std::span<const BackendInfo> backends() { return kBackends; }

}  // namespace tcpstated
