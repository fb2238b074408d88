// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The kernel as the socket backend sees it: counters, dumps and look-ups of
/// one network namespace. Abstract so that tests can be the kernel.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "base/time.hpp"
#include "kernel/inet_diag.hpp"
#include "kernel/tcp_counters.hpp"
#include "tcp/state_change.hpp"
#include "tcp/state_set.hpp"

namespace tcpstated {

/// Receives rows in batches. The span is valid during the call.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void on_rows(std::span<const StateChange> rows) = 0;
};

/// What one dump cost and whether it can be trusted.
struct DumpStats {
  bool complete = false;  ///< false: broke off (ENOBUFS, NLM_F_DUMP_INTR, ...)
  std::size_t rows = 0;
  std::size_t bytes = 0;
  std::array<std::uint64_t, kDiagRejectLabels.size()> rejected{};
  Duration cpu{};  ///< of the calling thread, kernel and user
  Duration wall{};
};

/// Belongs to one thread. All calls block for as long as the kernel takes.
class SocketView {
 public:
  virtual ~SocketView() = default;

  /// CLOCK_BOOTTIME; the only source of Instants of a kernel view.
  [[nodiscard]] virtual Instant now() const = 0;

  /// The O(1) counters of snmp, sockstat, sockstat6 and netstat: about 60 us
  /// whatever the number of sockets.
  virtual Result<TcpCounters> counters() = 0;

  /// Streams every TCP socket in `states`, and its tcp_info, to `sink`. An
  /// Error means that such dumps do not work here at all.
  virtual Result<DumpStats> dump_tcp(StateSet states, RowSink& sink) = 0;

  /// Same for MPTCP connections. An Error: this kernel has no MPTCP diag.
  virtual Result<DumpStats> dump_mptcp(StateSet states, RowSink& sink) = 0;

  /// Asks for known TCP sockets (2-3 us each). Found ones go to `sink` as they
  /// are now, vanished ones as CLOSED. An Error: of some nothing was said.
  virtual Result<> look_up(std::span<const SocketRef> sockets,
                           RowSink& sink) = 0;
};

/// The kernel of this host, in the network namespace of the calling thread.
[[nodiscard]] Result<std::unique_ptr<SocketView>> open_socket_view();

}  // namespace tcpstated
