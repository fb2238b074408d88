// SPDX-License-Identifier: Apache-2.0
#include "capture/backends.hpp"

#include <array>
#include <utility>

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

constexpr std::array<BackendInfo, 1> kBackends{{
    {"sock_diag", "the kernel's socket table, by netlink",
     [](const CaptureOptions& options) { return options.sock_diag.enabled; },
     open_sock_diag},
}};

}  // namespace

std::span<const BackendInfo> backends() { return kBackends; }

}  // namespace tcpstated
