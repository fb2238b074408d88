// SPDX-License-Identifier: Apache-2.0
#include "daemon/privileges.hpp"

#include <sys/capability.h>

#include <algorithm>
#include <memory>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::array<cap_value_t, 2> kForProc{CAP_SYS_PTRACE,
                                              CAP_DAC_READ_SEARCH};

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

}  // namespace

Result<> drop_capabilities(const Config& config) {
  const CapabilitySet now(::cap_get_proc());
  const CapabilitySet kept(::cap_init());
  if (now.caps == nullptr || kept.caps == nullptr)
    return fail_errno("cannot read the capabilities");
  const auto keep = [&](cap_value_t capability) {
    if (now.has(capability, CAP_PERMITTED))
      for (const cap_flag_t flag : {CAP_PERMITTED, CAP_EFFECTIVE})
        (void)::cap_set_flag(kept.caps, flag, 1, &capability, CAP_SET);
  };
  if (config.attribution.method != AttributionMethod::Off)
    std::ranges::for_each(kForProc, keep);
  if (config.capture.pcap.enabled != Enabled::False) keep(CAP_NET_RAW);
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
                               AttributionMethod attribution) {
  Ability names{
      .name = "process names",
      .missing = {},
      .effect = "sockets held by processes of other users stay without a name",
      .how =
          "run it as root, or with AmbientCapabilities=CAP_SYS_PTRACE "
          "CAP_DAC_READ_SEARCH in its systemd unit"};
  for (const cap_value_t capability : kForProc)
    if (std::ranges::find(capabilities, name_of(capability)) ==
        capabilities.end())
      names.missing +=
          (names.missing.empty() ? "" : " and ") + name_of(capability);
  names.available = names.missing.empty();
  if (attribution == AttributionMethod::Off)
    names = {.name = "process names",
             .available = false,
             .missing = "attribution.method: auto",
             .effect = "leaked sockets stay without a process",
             .how = "attribution.method: auto in the configuration"};
  return {names};
}

}  // namespace tcpstated
