// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <span>

#include "capture/ebpf/event.h"
#include "capture/event_source.hpp"
#include "kernel/clock.hpp"
#include "kernel/ebpf/libbpf_words.hpp"
#include "kernel/ebpf_support.hpp"
#include "transitions.skel.h"

namespace tcpstated {
namespace {

IpAddress address(const std::uint8_t* bytes, bool ipv6) {
  const std::span network(bytes, ipv6 ? 16 : 4);
  return *IpAddress::from_network(std::as_bytes(network));
}

/// nullopt for a state without a name here (TCP_BOUND_INACTIVE).
std::optional<SocketEvent> decode(const tcpstated_event& event,
                                  const std::uint8_t* local,
                                  const std::uint8_t* remote,
                                  std::uint32_t own_netns) {
  const auto from = from_kernel(event.from);
  const auto to = from_kernel(event.to);
  if (!from || !to) return std::nullopt;
  const bool ipv6 = (event.flags & TCPSTATED_IPV6) != 0;
  SocketEvent out;
  out.at = Instant(Duration(event.at));
  out.cookie = event.cookie;
  out.tuple = {.local = {address(local, ipv6), event.local_port},
               .remote = {address(remote, ipv6), event.remote_port},
               .netns = event.netns == own_netns ? 0 : event.netns};
  out.from = *from;
  out.to = *to;
  if ((event.flags & TCPSTATED_MPTCP) != 0) out.protocol = Protocol::Mptcp;
  out.error = event.error < kSocketErrorLabels.size()
                  ? static_cast<SocketError>(event.error)
                  : SocketError::Other;
  out.ipv6 = ipv6;
  out.has_file = (event.flags & TCPSTATED_HAS_FILE) != 0;
  out.inode = event.inode;
  out.receive_queue = event.receive_queue;
  out.send_queue = event.send_queue;
  return out;
}

void add(EventTotals& into, const tcpstated_totals& cpu) {
  for (std::uint8_t from = 0; from < TCPSTATED_STATES; ++from) {
    const auto row = from_kernel(from);
    if (!row) continue;
    for (std::uint8_t to = 0; to < TCPSTATED_STATES; ++to)
      if (const auto column = from_kernel(to))
        into.transitions[index(*row)][index(*column)] +=
            cpu.transitions[from][to];
    for (std::size_t i = 0; i < kSocketErrorLabels.size(); ++i)
      into.ends[index(*row)][i] += cpu.ends[from][i];
  }
  into.reported += cpu.events;
  into.lost += cpu.lost;
  into.rescued += cpu.rescued;
  into.detached_refused += cpu.detached_refused;
}

class BpfEventSource final : public EventSource {
 public:
  explicit BpfEventSource(transitions_bpf* program) : program_(program) {}
  ~BpfEventSource() override { ::ring_buffer__free(ring_); }

  /// `first` before `second`: the order in which they run is that of attaching.
  Result<> attach(const LibbpfWords& words) {
    const struct {
      bpf_program* program;
      bpf_link** link;
    } steps[] = {
        {program_->progs.first, &program_->links.first},
        {program_->progs.second, &program_->links.second},
        {program_->progs.destroyed, &program_->links.destroyed},
    };
    for (const auto& step : steps) {
      *step.link = ::bpf_program__attach(step.program);
      if (*step.link == nullptr)
        return fail_ebpf(std::string("cannot attach the eBPF program '") +
                             ::bpf_program__name(step.program) + "'",
                         errno, words.first());
    }
    ring_ = ::ring_buffer__new(::bpf_map__fd(program_->maps.ring),
                               &BpfEventSource::on_record, this, nullptr);
    if (ring_ == nullptr)
      return fail_ebpf("cannot map the ring of events", errno, words.first());
    return {};
  }

  [[nodiscard]] Instant now() const override {
    return Instant(read_clock(CLOCK_BOOTTIME));
  }

  void set_mode(EventMode mode) override {
    program_->bss->full_mode = mode == EventMode::Full ? 1 : 0;
  }

  Result<> drain(const Visitor& visitor) override {
    visitor_ = &visitor;
    const int drained = ::ring_buffer__consume(ring_);
    visitor_ = nullptr;
    // libbpf is C: an exception must not pass through it.
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (drained < 0)
      return fail_errno("cannot read the ring of events", -drained);
    return {};
  }

  Result<EventTotals> totals() override {
    EventTotals sum;
    // Before the counters: what was missed by now is rescued by then.
    sum.missed = read_misses();
    for (std::uint32_t program = 0; program < TCPSTATED_TOTALS; ++program) {
      if (::bpf_map_lookup_elem(::bpf_map__fd(program_->maps.totals), &program,
                                per_cpu_.data()) != 0)
        return fail_errno("cannot read the counters of the eBPF programs");
      for (const tcpstated_totals& cpu : per_cpu_) add(sum, cpu);
    }
    return sum;
  }

  Result<std::vector<SocketEvent>> detached() override {
    std::vector<SocketEvent> found;
    if (program_->bss->detached_count == 0) return found;
    keys_.resize(TCPSTATED_MAX_DETACHED);
    closed_.resize(TCPSTATED_MAX_DETACHED);
    std::uint32_t count = TCPSTATED_MAX_DETACHED;
    std::uint64_t cursor = 0;
    // ENOENT: that was all of them.
    if (::bpf_map_lookup_batch(::bpf_map__fd(program_->maps.detached), nullptr,
                               &cursor, keys_.data(), closed_.data(), &count,
                               nullptr) != 0 &&
        errno != ENOENT)
      return fail_errno("cannot read the closed sockets that are held");
    for (const tcpstated_event6& entry : std::span(closed_).first(count))
      if (const auto event =
              decode(entry.event, entry.local, entry.remote, own_netns_))
        found.push_back(*event);
    std::ranges::sort(found, {}, &SocketEvent::cookie);
    const auto again = std::ranges::unique(found, {}, &SocketEvent::cookie);
    found.erase(again.begin(), again.end());
    return found;
  }

 private:
  [[nodiscard]] std::uint64_t read_misses() const {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (::bpf_obj_get_info_by_fd(::bpf_program__fd(program_->progs.first),
                                 &info, &size) != 0)
      return 0;
    return info.recursion_misses;
  }

  static int on_record(void* self, void* record, std::size_t size) {
    return static_cast<BpfEventSource*>(self)->pass_on(record, size);
  }

  int pass_on(const void* record, std::size_t size) noexcept {
    if (thrown_) return -ECANCELED;
    tcpstated_event6 event{};
    std::memcpy(&event, record, std::min(size, sizeof event));
    const bool ipv6 = (event.event.flags & TCPSTATED_IPV6) != 0;
    const std::uint8_t* const addresses = event.local;
    const auto decoded =
        decode(event.event, addresses, addresses + (ipv6 ? 16 : 4), own_netns_);
    try {
      if (decoded) (*visitor_)(*decoded);
    } catch (...) {
      thrown_ = std::current_exception();
    }
    return 0;
  }

  struct Destroy {
    void operator()(transitions_bpf* program) const {
      transitions_bpf__destroy(program);
    }
  };
  std::unique_ptr<transitions_bpf, Destroy> program_;
  ::ring_buffer* ring_ = nullptr;
  std::uint32_t own_netns_ = own_network_namespace();
  std::vector<tcpstated_totals> per_cpu_ = std::vector<tcpstated_totals>(
      static_cast<std::size_t>(std::max(1, ::libbpf_num_possible_cpus())));
  std::vector<std::uint64_t> keys_;       // scratch
  std::vector<tcpstated_event6> closed_;  // scratch
  const Visitor* visitor_ = nullptr;      ///< during drain()
  std::exception_ptr thrown_;
};

}  // namespace

Result<std::unique_ptr<EventSource>> open_event_source() {
  if (auto types = check_kernel_types(); !types)
    return std::unexpected(std::move(types).error());
  const LibbpfWords words;
  auto* const program = transitions_bpf__open_and_load();
  if (program == nullptr)
    return fail_ebpf("cannot load the eBPF program 'transitions'", errno,
                     words.first());
  auto source = std::make_unique<BpfEventSource>(program);
  if (auto attached = source->attach(words); !attached)
    return std::unexpected(std::move(attached).error());
  return source;
}

}  // namespace tcpstated
