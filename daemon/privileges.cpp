// SPDX-License-Identifier: Apache-2.0
#include "daemon/privileges.hpp"

#include <sys/capability.h>

#include <algorithm>
#include <memory>
#include <span>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::array<cap_value_t, 2> kForProc{CAP_SYS_PTRACE,
                                              CAP_DAC_READ_SEARCH};

constexpr std::array<cap_value_t, 2> kForPrograms{CAP_BPF, CAP_PERFMON};

constexpr std::array<cap_value_t, 1> kForPackets{CAP_NET_RAW};

struct CapabilitySet {
  CapabilitySet(cap_t owned) : caps(owned) {}
  CapabilitySet(const CapabilitySet&) = delete;
  CapabilitySet& operator=(const CapabilitySet&) = delete;
  ~CapabilitySet() { ::cap_free(caps); }

  [[nodiscard]] bool has(cap_value_t capability, cap_flag_t flag) const {
    cap_flag_value_t value = CAP_CLEAR;
    return ::cap_get_flag(caps, capability, flag, &value) == 0 &&
           value == CAP_SET;
  }

  cap_t caps;
};

std::string name_of(cap_value_t capability) {
  const std::unique_ptr<char, int (*)(void*)> name(::cap_to_name(capability),
                                                   &::cap_free);
  std::string upper = name ? name.get() : std::to_string(capability);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

bool reads_procfs(AttributionMethod attribution) {
  return attribution == AttributionMethod::Auto ||
         attribution == AttributionMethod::Procfs;
}

Ability process_names(const std::vector<std::string>& capabilities,
                      AttributionMethod attribution,
                      const KernelPrograms& programs) {
  Ability names{.name = "process names"};
  if (attribution == AttributionMethod::Off)
    return {.name = names.name,
            .available = false,
            .missing = "attribution.method: auto",
            .effect = "leaked sockets stay without a process",
            .how = "attribution.method: auto in the configuration"};
  if (programs.holders) return names;
  for (const cap_value_t capability : kForProc)
    if (std::ranges::find(capabilities, name_of(capability)) ==
        capabilities.end())
      names.missing +=
          (names.missing.empty() ? "" : " and ") + name_of(capability);
  names.available = names.missing.empty();
  names.effect = "sockets held by processes of other users stay without a name";
  names.how =
      "run it as root, or with AmbientCapabilities=CAP_SYS_PTRACE "
      "CAP_DAC_READ_SEARCH in its systemd unit, or CAP_BPF CAP_PERFMON";
  return names;
}

Ability kernel_events(const KernelPrograms& programs) {
  return {.name = "kernel events",
          .available = programs.no_events.empty(),
          .missing = programs.no_events,
          .effect =
              "no counts of transitions, no CLOSE_WAIT between two sweeps, no "
              "other network namespaces, no closed sockets that are still held",
          .how =
              "run it as root, or with AmbientCapabilities=CAP_BPF CAP_PERFMON "
              "in its systemd unit, on a kernel with /sys/kernel/btf/vmlinux"};
}

}  // namespace

bool works_without_bpf(const std::function<bool()>& attempt) {
  const CapabilitySet now(::cap_get_proc());
  const CapabilitySet less(::cap_get_proc());
  // CAP_SYS_ADMIN stands for both.
  constexpr std::array<cap_value_t, 3> kWithout{CAP_BPF, CAP_PERFMON,
                                                CAP_SYS_ADMIN};
  if (now.caps == nullptr || less.caps == nullptr ||
      ::cap_set_flag(less.caps, CAP_EFFECTIVE, kWithout.size(), kWithout.data(),
                     CAP_CLEAR) != 0 ||
      ::cap_set_proc(less.caps) != 0)
    return false;
  const bool works = attempt();
  return ::cap_set_proc(now.caps) == 0 && works;
}

Result<> drop_capabilities(const Config& config,
                           const KernelPrograms& programs) {
  const CapabilitySet now(::cap_get_proc());
  const CapabilitySet kept(::cap_init());
  if (now.caps == nullptr || kept.caps == nullptr)
    return fail_errno("cannot read the capabilities");
  const auto keep = [&](std::span<const cap_value_t> wanted) {
    for (const cap_value_t capability : wanted)
      if (now.has(capability, CAP_PERMITTED))
        for (const cap_flag_t flag : {CAP_PERMITTED, CAP_EFFECTIVE})
          (void)::cap_set_flag(kept.caps, flag, 1, &capability, CAP_SET);
  };
  if (reads_procfs(config.attribution.method)) keep(kForProc);
  if (programs.in_use() && !programs.independent) keep(kForPrograms);
  if (config.capture.pcap.enabled != Enabled::False) keep(kForPackets);
  // Inheritable and, with it, ambient capabilities go as well.
  if (::cap_set_proc(kept.caps) != 0)
    return fail_errno("cannot drop capabilities");
  return {};
}

std::vector<std::string> effective_capabilities() {
  std::vector<std::string> names;
  const CapabilitySet now(::cap_get_proc());
  if (now.caps == nullptr) return names;
  for (cap_value_t capability = 0; capability < ::cap_max_bits(); ++capability)
    if (now.has(capability, CAP_EFFECTIVE))
      names.push_back(name_of(capability));
  return names;
}

std::vector<Ability> abilities(const std::vector<std::string>& capabilities,
                               AttributionMethod attribution,
                               const KernelPrograms& programs) {
  std::vector<Ability> all{process_names(capabilities, attribution, programs)};
  if (programs.events_wanted) all.push_back(kernel_events(programs));
  return all;
}

}  // namespace tcpstated
