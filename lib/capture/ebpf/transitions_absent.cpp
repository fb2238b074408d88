// SPDX-License-Identifier: Apache-2.0
#include "capture/event_source.hpp"
#include "kernel/ebpf_support.hpp"

namespace tcpstated {

Result<std::unique_ptr<EventSource>> open_event_source() {
  return fail_built_without_ebpf();
}

}  // namespace tcpstated
