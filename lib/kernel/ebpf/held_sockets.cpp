// SPDX-License-Identifier: Apache-2.0
#include "kernel/held_sockets.hpp"

#include <bpf/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <span>

#include "base/fd.hpp"
#include "held_sockets.skel.h"
#include "kernel/clock.hpp"
#include "kernel/ebpf/held_socket.h"
#include "kernel/ebpf/libbpf_words.hpp"
#include "kernel/ebpf_support.hpp"

namespace tcpstated {
namespace {

/// include/linux/proc_ns.h: the first pid namespace. Programs in the kernel
/// number processes as it does.
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;

/// Nanoseconds of a tick of /proc/PID/stat (USER_HZ is 100 everywhere).
constexpr std::uint64_t kClockTick = 10'000'000;

/// One jiffy: the coarse clocks move by it.
Duration tick() {
  timespec step{};
  ::clock_getres(CLOCK_MONOTONIC_COARSE, &step);
  return to_duration(step);
}

IpAddress address(const std::uint8_t* bytes, bool ipv6) {
  const std::span network(bytes, ipv6 ? 16 : 4);
  return *IpAddress::from_network(std::as_bytes(network));
}

class BpfHeldSockets final : public HeldSockets {
 public:
  explicit BpfHeldSockets(held_sockets_bpf* program) : program_(program) {}

  Result<Duration> visit(StateSet states, const Visitor& visitor) override {
    program_->bss->wanted_states = states.kernel_mask();
    const UniqueFd pass(
        ::bpf_iter_create(::bpf_link__fd(program_->links.held_sockets)));
    if (!pass)
      return fail_ebpf("cannot walk the descriptors of all processes", errno,
                       "");
    const Duration before = read_clock(CLOCK_THREAD_CPUTIME_ID);
    for (;;) {
      // Rows are as of before the read: never later than the truth.
      const Instant at(read_clock(CLOCK_BOOTTIME));
      const ssize_t got = ::read(pass.get(), records_.data(), sizeof(records_));
      if (got == 0) return read_clock(CLOCK_THREAD_CPUTIME_ID) - before;
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0)
        return fail_errno("cannot read the descriptors of all processes");
      const auto count = static_cast<std::size_t>(got) / sizeof(records_[0]);
      for (std::size_t i = 0; i < count; ++i) tell(records_[i], at, visitor);
    }
  }

 private:
  void tell(const tcpstated_held_socket& record, Instant at,
            const Visitor& visitor) const {
    const auto state = from_kernel(record.state);
    if (!state) return;
    const bool ipv6 = (record.flags & TCPSTATED_HELD_IPV6) != 0;
    HeldSocket held;
    held.process = {.pid = static_cast<std::int32_t>(record.pid),
                    .start_time = record.start_time / kClockTick};
    held.fd = static_cast<std::int32_t>(record.fd);
    held.socket.at = at;
    held.socket.to = *state;
    held.socket.quality = Quality::Kernel;
    held.socket.tuple = {
        .local = {address(record.local, ipv6), record.local_port},
        .remote = {address(record.remote, ipv6), record.remote_port},
        .netns = record.netns == own_netns_ ? 0 : record.netns};
    SocketFacts& facts = held.socket.socket;
    if ((record.flags & TCPSTATED_HELD_MPTCP) != 0)
      facts.protocol = Protocol::Mptcp;
    facts.ipv6 = ipv6;
    facts.interface = record.interface;
    facts.cookie = record.cookie;
    facts.inode = record.inode;
    facts.receive_queue = record.receive_queue;
    facts.send_queue = record.send_queue;
    if ((record.flags & TCPSTATED_HELD_TIMES) != 0)
      facts.times =
          TcpTimes{.since_data_sent = record.since_data_sent * tick_,
                   .since_data_received = record.since_data_received * tick_,
                   .since_ack_received = record.since_ack_received * tick_,
                   .round_trip = std::chrono::microseconds(record.round_trip),
                   .bytes_sent = record.bytes_sent,
                   .bytes_acked = record.bytes_acked,
                   .bytes_received = record.bytes_received};
    visitor(held);
  }

  struct Destroy {
    void operator()(held_sockets_bpf* program) const {
      held_sockets_bpf__destroy(program);
    }
  };
  std::unique_ptr<held_sockets_bpf, Destroy> program_;
  std::uint32_t own_netns_ = own_network_namespace();
  Duration tick_ = tick();
  std::array<tcpstated_held_socket, 256> records_;  // a whole number of them
};

}  // namespace

Result<std::unique_ptr<HeldSockets>> open_held_sockets() {
  if (auto types = check_kernel_types(); !types)
    return std::unexpected(std::move(types).error());
  struct stat pids{};
  if (::stat("/proc/self/ns/pid", &pids) == 0 &&
      pids.st_ino != kInitialPidNamespace)
    return fail(
        "cannot tell processes apart from within a pid namespace (container "
        "without hostPID)");
  const LibbpfWords words;
  auto* const program = held_sockets_bpf__open_and_load();
  if (program == nullptr)
    return fail_ebpf("cannot load the eBPF program 'held_sockets'", errno,
                     words.first());
  auto held = std::make_unique<BpfHeldSockets>(program);
  if (held_sockets_bpf__attach(program) != 0)
    return fail_ebpf("cannot attach the eBPF program 'held_sockets'", errno,
                     words.first());
  return held;
}

}  // namespace tcpstated
