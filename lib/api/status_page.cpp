// SPDX-License-Identifier: Apache-2.0
// The text form of /api/v1/status.
#include <fmt/format.h>

#include "api/pages.hpp"
#include "api/text_table.hpp"
#include "api/wording.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

std::string namespaces_text(const HostView& view) {
  if (view.namespaces.empty()) return "";
  TextTable table({{"NETWORK NAMESPACE"},
                   {"LISTEN", Align::Right},
                   {"CLOSE_WAIT", Align::Right},
                   {"DETACHED", Align::Right}});
  for (const NamespaceView& other : view.namespaces)
    table.add({namespace_text(view, other.inode),
               std::to_string(other.counts[TcpState::Listen]),
               std::to_string(other.counts[TcpState::CloseWait]),
               std::to_string(other.counts[TcpState::Closed])});
  return "\n" + table.to_string() +
         "Other states are not counted there, nor what waited in an accept "
         "queue before the daemon started.\n";
}

}  // namespace

namespace {

/// Where packets are captured; empty if nowhere is asked for.
std::string interfaces(const HostView& view) {
  TextTable table({{"INTERFACE"},
                   {"PACKETS", Align::Right},
                   {"LOST", Align::Right},
                   {"TROUBLE"}});
  for (const BackendView& backend : view.backends)
    for (const InterfaceStats& one : backend.stats.interfaces)
      table.add({one.name, std::to_string(one.received),
                 std::to_string(one.lost), one.trouble});
  return table.empty() ? "" : table.to_string() + "\n";
}

/// The state model's table; empty without a packet backend.
std::string packet_table(const HostView& view) {
  if (!view.views.packets) return "";
  const ObservedView& seen = view.observed;
  std::string evicted;
  for (std::size_t i = 0; i < kEvictionClassCount; ++i)
    if (seen.stats.evicted[i] > 0)
      evicted += fmt::format("{} {} {}", evicted.empty() ? ", evicted:" : ",",
                             seen.stats.evicted[i], kEvictionClassLabels[i]);
  return fmt::format(
      "packets: {} segments, {} seen twice; {} of {} connections in {:.1f} "
      "MB{}{}\n",
      seen.stats.segments, seen.stats.copies, seen.tracked, seen.tracked_limit,
      static_cast<double>(seen.bytes) / 1e6, evicted,
      seen.degraded ? "; degraded: raise packets.max_connections" : "");
}

}  // namespace

std::string status_page(const DaemonInfo& daemon, const HostView& view) {
  std::string text =
      fmt::format("tcpstated {} ({}) on {}, pid {}, since {}\n\n",
                  daemon.version, daemon.revision, printable(daemon.hostname),
                  daemon.pid, format_rfc3339(daemon.started, 0));
  TextTable backends({{"BACKEND"},
                      {"UP"},
                      {"RECEIVED", Align::Right},
                      {"SNAPSHOTS", Align::Right},
                      {"FAILED", Align::Right},
                      {"DETAIL"}});
  for (const BackendView& backend : view.backends)
    backends.add({backend.name, backend.up ? "yes" : "no",
                  std::to_string(backend.stats.received),
                  std::to_string(backend.stats.snapshots),
                  std::to_string(backend.stats.snapshots_failed),
                  backend.detail});
  text += backends.to_string() + "\n" + interfaces(view);
  TextTable abilities({{"ABILITY"}, {"WORKS"}, {"WITHOUT IT"}, {"NEEDS"}});
  for (const Ability& ability : daemon.abilities)
    abilities.add({ability.name, ability.available ? "yes" : "no",
                   ability.available ? "" : ability.effect,
                   ability.available ? "" : ability.missing});
  text += abilities.to_string() + "\n";
  using Milliseconds = std::chrono::duration<double, std::milli>;
  text += fmt::format(
      "sweep: {} rows in {:.1f} ms, {:.1f} ms of CPU, again in {}\n",
      view.sweep.rows, Milliseconds(view.sweep.wall).count(),
      Milliseconds(view.sweep.cpu).count(), format_age(view.sweep.next_in));
  text += fmt::format("table: {} of {} rows, {} refused\n", view.tracked,
                      view.tracked_limit, view.totals.refused);
  text += packet_table(view);
  text += fmt::format("holders: {} searches, {} not found, {} not permitted\n",
                      view.totals.searches, view.totals.holders_not_found,
                      view.totals.holders_not_permitted);
  return text + namespaces_text(view);
}

}  // namespace tcpstated
