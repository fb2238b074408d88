// SPDX-License-Identifier: Apache-2.0
// The page `/`: the first thing a person sees. At most 80 columns as long as
// the names allow it.
#include <fmt/format.h>

#include <algorithm>

#include "api/pages.hpp"
#include "api/text_table.hpp"
#include "api/wording.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// Groups shown before "and N more".
constexpr std::size_t kMaxGroups = 10;

std::string header(const DaemonInfo& daemon, const HostView& view) {
  const WallTime now = view.anchor.to_wall(view.at);
  std::string text =
      fmt::format("tcpstated {} on {}, up {}. Backends:", daemon.version,
                  printable(daemon.hostname), format_age(now - daemon.started));
  bool first = true;
  for (const BackendView& backend : view.backends) {
    text += fmt::format("{} {} {}", first ? "" : ",", backend.name,
                        backend.up ? "ok" : "off");
    first = false;
  }
  text += ".\n";
  for (const BackendView& backend : view.backends)
    if (!backend.up)
      text += fmt::format("{}: {}\n", backend.name, printable(backend.detail));
  for (const Ability& ability : daemon.abilities)
    if (!ability.available)
      text += fmt::format("{}: {}; needs {}.\n", ability.name, ability.effect,
                          ability.missing);
  if (!view.ready) text += "The first sweep is not complete: no counts yet.\n";
  return text;
}

std::string trend_cell(const HostView& view, TcpState state) {
  if (!view.trend) return "";
  const auto change = view.trend->change[index(state)];
  return change == 0 ? "0" : fmt::format("{:+}", change);
}

std::string states(const HostView& view) {
  const std::string title =
      view.trend ? "+/-" + (view.trend->window > std::chrono::seconds(290)
                                ? std::string("5m")
                                : format_age(view.trend->window))
                 : "";
  TextTable table({{"STATE", Align::Left},
                   {"SOCKETS", Align::Right},
                   {title, Align::Right}});
  for (const TcpStateInfo& row : kTcpStates)
    if (view.tcp[row.state] > 0)
      table.add({std::string(row.label), std::to_string(view.tcp[row.state]),
                 trend_cell(view, row.state)});
  std::string text = table.to_string() + "(all others 0)\n";
  std::string mptcp;
  for (const TcpStateInfo& row : kTcpStates)
    if (view.mptcp[row.state] > 0)
      mptcp += fmt::format("{} {} {}", mptcp.empty() ? "MPTCP:" : ",",
                           row.label, view.mptcp[row.state]);
  return mptcp.empty() ? text : text + mptcp + "\n";
}

std::string leaks(const HostView& view, const LeakPolicy& policy) {
  if (view.leaked == 0)
    return fmt::format(
        "LEAKS  none: no socket was forgotten in close_wait for {}\n",
        format_duration(policy.threshold));
  const std::size_t processes = count_processes(view.leak_groups);
  std::string text = fmt::format(
      "LEAKS  {} socket{}{} closed by the peer but never by the application\n",
      view.leaked, view.leaked == 1 ? "" : "s",
      processes == 0 ? (view.leaked == 1 ? " was" : " were")
                     : fmt::format(" of {} process{} {}", processes,
                                   processes == 1 ? "" : "es",
                                   view.leaked == 1 ? "was" : "were"));
  TextTable table({{"  PID", Align::Right},
                   {"PROCESS", Align::Left},
                   {"UNIT", Align::Left},
                   {"SOCKETS", Align::Right},
                   {"OLDEST", Align::Right},
                   {"WHY", Align::Left},
                   {"EXAMPLE", Align::Left}});
  const std::size_t shown = std::min(kMaxGroups, view.leak_groups.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const LeakGroup& group = view.leak_groups[i];
    table.add({pid_text(group),
               group.process ? group.process->command
                             : attribution_text(*group.oldest.holders),
               group.process ? group.process->unit : "",
               std::to_string(group.sockets),
               age_text(group.oldest.connection.since, view.at),
               std::string(label(group.cause)), example_text(group.oldest)});
  }
  text += table.to_string();
  if (shown < view.leak_groups.size())
    text += fmt::format("  and {} more groups: see /leaks\n",
                        view.leak_groups.size() - shown);
  return text;
}

}  // namespace

std::string overview_page(const DaemonInfo& daemon, const HostView& view,
                          const LeakPolicy& policy, const std::string& host) {
  return header(daemon, view) + '\n' + states(view) + '\n' +
         leaks(view, policy) +
         fmt::format(
             "\nMore: curl {}/leaks  /connections?state=close_wait  "
             "/help   JSON: ?format=json\n",
             host);
}

}  // namespace tcpstated
