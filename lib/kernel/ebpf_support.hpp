// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What every user of eBPF needs to know before it loads anything. Without
/// libbpf's types, and there also where the programs could not be built.

#include <cstdint>

#include "base/error.hpp"

namespace tcpstated {

/// Whether the kernel describes its own types, without which no program finds
/// the fields it reads. The Error says what is missing.
[[nodiscard]] Result<> check_kernel_types(
    const char* path = "/sys/kernel/btf/vmlinux");

/// "cannot load ...: Operation not permitted (needs CAP_BPF and CAP_PERFMON)".
/// `detail` is what libbpf said, may be empty.
[[nodiscard]] std::unexpected<Error> fail_ebpf(std::string what, int error,
                                               const std::string& detail);

/// What one who was built without clang, bpftool or libbpf answers.
[[nodiscard]] std::unexpected<Error> fail_built_without_ebpf();

/// The inode of the network namespace of the calling thread; 0 if /proc does
/// not say.
[[nodiscard]] std::uint32_t own_network_namespace();

}  // namespace tcpstated
