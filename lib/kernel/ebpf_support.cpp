// SPDX-License-Identifier: Apache-2.0
#include "kernel/ebpf_support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/fd.hpp"

namespace tcpstated {

Result<> check_kernel_types(const char* path) {
  const std::string what =
      std::string("cannot read the kernel's own types (BTF) from '") + path +
      "'";
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(what);
  std::array<unsigned char, 2> magic{};
  const ssize_t got = ::read(file.get(), magic.data(), magic.size());
  if (got < 0) return fail_errno(what);
  const bool good = got == 2 && ((magic[0] == 0x9f && magic[1] == 0xeb) ||
                                 (magic[0] == 0xeb && magic[1] == 0x9f));
  if (!good) return fail(what + ": there are none in it");
  return {};
}

std::unexpected<Error> fail_ebpf(std::string what, int error,
                                 const std::string& detail) {
  const std::error_code code(error, std::system_category());
  what += ": " + code.message();
  if (error == EPERM || error == EACCES)
    what += " (needs CAP_BPF and CAP_PERFMON)";
  else if (!detail.empty())
    what += " (" + detail + ")";
  return fail(std::move(what), code);
}

std::unexpected<Error> fail_built_without_ebpf() {
  return fail("this program was built without eBPF");
}

std::uint32_t own_network_namespace() {
  struct stat info{};
  if (::stat("/proc/thread-self/ns/net", &info) != 0) return 0;
  return static_cast<std::uint32_t>(info.st_ino);
}

}  // namespace tcpstated
