// SPDX-License-Identifier: Apache-2.0
// The page `/`: the first thing a person sees. One screen, at most 80 columns
// by 24 lines, as long as names and numbers allow it.
#include <fmt/format.h>

#include <algorithm>

#include "api/pages.hpp"
#include "api/text_table.hpp"
#include "api/wording.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::size_t kScreenLines = 24;
/// Groups shown before "and N more", whatever the screen.
constexpr std::size_t kMinGroups = 3;
constexpr std::size_t kMaxGroups = 10;

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::string_view word_for(const BackendView& backend) {
  if (backend.up) return "ok";
  return backend.wanted ? "down" : "off";
}

std::string header(const DaemonInfo& daemon, const HostView& view) {
  const WallTime now = view.anchor.to_wall(view.at);
  std::string text =
      fmt::format("tcpstated {} on {}, up {}. Backends:", daemon.version,
                  printable(daemon.hostname), format_age(now - daemon.started));
  bool first = true;
  for (const BackendView& backend : view.backends) {
    text += fmt::format("{} {} {}", first ? "" : ",", backend.name,
                        word_for(backend));
    first = false;
  }
  text += ".\n";
  for (const BackendView& backend : view.backends)
    if (!backend.up && backend.wanted)
      text += fmt::format("{}: {}\n", backend.name, printable(backend.detail));
  for (const Ability& ability : daemon.abilities)
    if (!ability.available)
      text += fmt::format("{}: {};\n  needs {}.\n", ability.name,
                          ability.effect, ability.missing);
  return text + '\n';
}

std::string trend_cell(const HostView& view, TcpState state) {
  if (!view.trend) return "";
  const auto change = view.trend->change[index(state)];
  return change == 0 ? "0" : fmt::format("{:+}", change);
}

std::string states(const HostView& view) {
  if (!view.ready) return "";
  if (!view.views.kernel) return observed_table(view.observed.counts) + '\n';
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
  if (!mptcp.empty()) text += mptcp + "\n";
  if (view.views.packets)
    text += fmt::format("Packets: {} connections seen, see /states\n",
                        view.observed.tracked);
  return text + '\n';
}

/// How many, of how many processes: only if every holder is known.
std::string leaks_title(const HostView& view) {
  const bool all_known = std::ranges::all_of(
      view.leak_groups,
      [](const LeakGroup& group) { return group.process != nullptr; });
  const std::size_t processes = count_processes(view.leak_groups);
  std::string text = fmt::format("LEAKS  {} socket{}", view.leaked,
                                 view.leaked == 1 ? "" : "s");
  if (all_known)
    text +=
        fmt::format(" of {} process{}", processes, processes == 1 ? "" : "es");
  return text + ": closed by the peer, never by the application\n";
}

/// systemctl takes a service without its suffix, which saves columns here.
std::string short_unit(std::string_view unit) {
  constexpr std::string_view kSuffix = ".service";
  if (unit.ends_with(kSuffix)) unit.remove_suffix(kSuffix.size());
  return std::string(unit);
}

std::string leaks(const HostView& view, const LeakPolicy& policy,
                  std::size_t lines) {
  if (!view.ready) return std::string(kNotReady);
  if (view.leaked == 0)
    return fmt::format(
        "LEAKS  none: no socket was forgotten in close_wait for {}\n",
        format_duration(policy.threshold));
  TextTable table({{"  PID", Align::Right},
                   {"PROCESS", Align::Left},
                   {"UNIT", Align::Left},
                   {"SOCKETS", Align::Right},
                   {"OLDEST", Align::Right},
                   {"WHY", Align::Left},
                   {"EXAMPLE", Align::Left}});
  const std::size_t shown =
      std::min(view.leak_groups.size(),
               std::clamp(lines, kMinGroups + 3, kMaxGroups + 3) - 3);
  for (std::size_t i = 0; i < shown; ++i) {
    const LeakGroup& group = view.leak_groups[i];
    table.add({pid_text(group),
               group.process
                   ? group.process->command
                   : std::string(brief(group.oldest.holders->attribution)),
               group.process ? short_unit(group.process->unit) : "",
               std::to_string(group.sockets),
               age_text(group.oldest.connection.since, view.at),
               std::string(label(group.cause)), brief_example(group.oldest)});
  }
  std::string text = leaks_title(view) + table.to_string();
  if (shown < view.leak_groups.size())
    text += fmt::format("  and {} more groups: see /leaks\n",
                        view.leak_groups.size() - shown);
  return text;
}

}  // namespace

std::string overview_page(const DaemonInfo& daemon, const HostView& view,
                          const LeakPolicy& policy, const std::string& host) {
  const std::string top = header(daemon, view) + states(view);
  const std::string bottom = fmt::format(
      "\nMore: curl {0}/leaks  /connections?state=close_wait  /help\n"
      "JSON: curl '{0}/?format=json'\n",
      host);
  const std::size_t taken = count_lines(top) + count_lines(bottom);
  return top +
         leaks(view, policy, kScreenLines - std::min(taken, kScreenLines)) +
         bottom;
}

}  // namespace tcpstated
