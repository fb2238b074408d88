// SPDX-License-Identifier: Apache-2.0
#include "kernel/ebpf_support.hpp"
#include "kernel/held_sockets.hpp"

namespace tcpstated {

Result<std::unique_ptr<HeldSockets>> open_held_sockets() {
  return fail_built_without_ebpf();
}

}  // namespace tcpstated
