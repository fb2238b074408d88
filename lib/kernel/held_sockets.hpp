// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The TCP sockets that processes hold, of every process and every network
/// namespace in one pass (0.6 us per descriptor). Needs CAP_BPF and
/// CAP_PERFMON, but none of the capabilities that /proc/PID/fd needs. Does not
/// see what no descriptor holds: accept queues, io_uring fixed files,
/// descriptors in flight.

#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "kernel/process_index.hpp"
#include "tcp/state_change.hpp"
#include "tcp/state_set.hpp"

namespace tcpstated {

/// One descriptor and the socket behind it. CLOSED: the socket was connected
/// once and has left every table of the kernel.
struct HeldSocket {
  ProcessId process;
  std::int32_t fd = -1;
  StateChange socket;  ///< netns 0: the caller's own
};

/// Belongs to one thread. Abstract so that tests can be the processes.
class HeldSockets {
 public:
  using Visitor = std::function<void(const HeldSocket&)>;
  virtual ~HeldSockets() = default;

  /// Visits every descriptor of a socket in one of `states`. Returns the CPU
  /// time it took.
  virtual Result<Duration> visit(StateSet states, const Visitor& visitor) = 0;
};

/// Of this kernel (bpf_iter task_file, Linux 5.12). The Error says what is
/// missing.
[[nodiscard]] Result<std::unique_ptr<HeldSockets>> open_held_sockets();

}  // namespace tcpstated
