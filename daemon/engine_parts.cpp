// SPDX-License-Identifier: Apache-2.0
#include "daemon/engine_parts.hpp"

#include <algorithm>
#include <utility>

#include "capture/backends.hpp"
#include "daemon/host.hpp"

namespace tcpstated {
namespace {

Result<> open_backends(const Config& config, Log& log, EngineParts& parts) {
  const auto leave_out = [&](const BackendInfo& info, std::string why,
                             bool asked_for = true) {
    parts.unavailable.push_back({.name = std::string(info.name),
                                 .up = false,
                                 .detail = std::move(why),
                                 .wanted = asked_for,
                                 .stats = {}});
  };
  for (const BackendInfo& info : backends()) {
    const Enabled wanted = info.wanted(config.capture);
    if (wanted == Enabled::False) {
      leave_out(info, "off in the configuration", false);
      continue;
    }
    auto opened = info.open(config.capture);
    if (opened) {
      parts.backends.push_back(std::move(*opened));
      continue;
    }
    if (wanted == Enabled::True)
      return wrap(std::move(opened).error(), info.name);
    log.warn("a backend does not work here, ignoring it",
             {{"backend", std::string(info.name)},
              {"reason", opened.error().message}});
    leave_out(info, std::move(opened).error().message);
  }
  if (!parts.backends.empty()) return {};
  std::string reasons;
  for (const BackendView& backend : parts.unavailable)
    reasons +=
        (reasons.empty() ? "" : "; ") + backend.name + ": " + backend.detail;
  return fail("no backend is left to watch connections with (" + reasons + ")");
}

/// Null: holders are looked for in /proc. Whoever insists on the program in the
/// kernel is told why it cannot be had.
Result<std::unique_ptr<HeldSockets>> open_held(AttributionMethod method) {
  if (method == AttributionMethod::Procfs || method == AttributionMethod::Off)
    return nullptr;
  auto held = open_held_sockets();
  if (!held && method == AttributionMethod::Auto) return nullptr;
  if (!held) return wrap(std::move(held).error(), "attribution.method: ebpf");
  return held;
}

/// The one without events, as the status page tells it; null if there are.
const BackendView* find_without_events(const EngineParts& parts) {
  const auto found =
      std::ranges::find(parts.unavailable, "ebpf", &BackendView::name);
  return found == parts.unavailable.end() ? nullptr : &*found;
}

}  // namespace

Result<OpenedParts> open_engine_parts(const Config& config, Log& log) {
  OpenedParts opened_parts;
  EngineParts& parts = opened_parts.engine;
  parts = {.table = config.table,
           .model = config.model,
           .leaks = config.leaks,
           .attribution = config.attribution.method,
           .hash_seed = random_seed()};
  if (auto opened = open_backends(config, log, parts); !opened)
    return std::unexpected(std::move(opened).error());
  auto view = open_socket_view();
  if (!view) return std::unexpected(std::move(view).error());
  auto held = open_held(config.attribution.method);
  if (!held) return std::unexpected(std::move(held).error());
  const BackendView* const no_events = find_without_events(parts);
  opened_parts.programs = {
      .holders = *held != nullptr,
      .events_wanted = no_events == nullptr || no_events->wanted,
      .no_events = no_events == nullptr ? "" : no_events->detail,
      .independent = *held != nullptr && works_without_bpf([&] {
        return (*held)->visit({}, [](const HeldSocket&) {}).has_value();
      })};
  parts.inspector = std::make_unique<Inspector>(
      std::move(*view), ProcessIndex(), std::move(*held),
      config.attribution.method != AttributionMethod::Ebpf);
  return opened_parts;
}

}  // namespace tcpstated
