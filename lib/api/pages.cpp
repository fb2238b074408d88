// SPDX-License-Identifier: Apache-2.0
#include "api/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "api/connection_query.hpp"
#include "api/text_table.hpp"
#include "api/wording.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

std::string fds_text(const Process& process) {
  if (!process.open_fds) return "";
  return process.max_fds
             ? fmt::format("{}/{}", *process.open_fds, *process.max_fds)
             : std::to_string(*process.open_fds);
}

/// "java[2211], nginx[930]" without repeats.
std::string owners_text(const std::vector<Holder>& holders) {
  std::set<std::pair<std::int32_t, std::string>> names;
  for (const Holder& holder : holders)
    names.emplace(holder.process->id.pid, holder.process->command);
  std::string text;
  for (const auto& [pid, command] : names)
    text += fmt::format("{}{}[{}]", text.empty() ? "" : ", ", command, pid);
  return text;
}

/// "10.0.0.7:51312", and the peer's state where packets show it.
std::string peer_cell(const Connection& row,
                      const std::optional<ObservedEnd>& peer) {
  const std::string state = peer_state_text(peer);
  return row.tuple.remote.to_string() + (state.empty() ? "" : " " + state);
}

/// A queue that the kernel told; packets do not show it.
std::string queue_cell(const Connection& row, std::uint32_t bytes) {
  return row.quality == Quality::Kernel ? std::to_string(bytes) : "";
}

std::string holders_cell(const ListedConnection& row) {
  if (!row.holders) return "";
  if (row.holders->holders.empty() && row.connection.socket.inode == 0 &&
      !row.leaked)
    return "";
  return holders_text(*row.holders);
}

std::string what_is_normal() {
  std::string text = "\nWHAT IS NORMAL\n";
  for (const TcpStateInfo& row : kTcpStates)
    text += fmt::format("{:<12}  {}\n", row.label, row.normal);
  return text;
}

/// Where it is not our own namespace, the address alone says little.
std::string local_cell(const HostView& view, const FourTuple& tuple) {
  std::string text = tuple.local.to_string();
  if (tuple.netns != 0) text += " in " + namespace_text(view, tuple.netns);
  return text;
}

}  // namespace

std::string observed_table(const ObservedCounts& counts) {
  TextTable table({{"STATE", Align::Left},
                   {"LOCAL", Align::Right},
                   {"REMOTE", Align::Right}});
  for (const TcpStateInfo& row : kTcpStates) {
    const auto local = counts.local[index(row.state)];
    const auto remote = counts.remote[index(row.state)];
    if (local + remote > 0)
      table.add({std::string(row.label), std::to_string(local),
                 std::to_string(remote)});
  }
  return table.to_string() + "(all others 0)\n";
}

std::string states_page(const HostView& view) {
  if (!view.views.kernel && view.ready)
    return "Inferred from packets; the kernel is not asked.\n\n" +
           observed_table(view.observed.counts) + what_is_normal();
  TextTable table({{"STATE", Align::Left},
                   {"SOCKETS", Align::Right},
                   {"MEANING", Align::Left}});
  for (const TcpStateInfo& row : kTcpStates)
    table.add({std::string(row.label), std::to_string(view.tcp[row.state]),
               std::string(row.meaning)});
  std::string text = view.ready ? table.to_string() : std::string(kNotReady);
  if (view.ready && view.views.packets)
    text += "\nSEEN IN PACKETS\n" + observed_table(view.observed.counts);
  return text + what_is_normal();
}

std::string leaks_page(const HostView& view, const LeakPolicy& policy,
                       const LeakListing& leaks) {
  if (!view.ready) return std::string(kNotReady);
  if (leaks.oldest.empty())
    return fmt::format(
        "No leaks: no socket has been in close_wait for {} or longer, other "
        "than half-closes in use.\n",
        format_duration(policy.threshold));
  TextTable groups({{"PID", Align::Right},
                    {"PROCESS", Align::Left},
                    {"UNIT", Align::Left},
                    {"FDS", Align::Right},
                    {"SOCKETS", Align::Right},
                    {"OLDEST", Align::Right},
                    {"WHY", Align::Left},
                    {"EXAMPLE", Align::Left}});
  std::set<LeakCause> causes;
  for (const LeakGroup& group : leaks.groups) {
    causes.insert(group.cause);
    groups.add({pid_text(group),
                group.process
                    ? group.process->command
                    : std::string(brief(group.oldest.holders->attribution)),
                group.process ? group.process->unit : "",
                group.process ? fds_text(*group.process) : "",
                std::to_string(group.sockets),
                age_text(group.oldest.connection.since, leaks.at),
                std::string(label(group.cause)), example_text(group.oldest)});
  }
  TextTable sockets({{"ID", Align::Right},
                     {"AGE", Align::Right},
                     {"WHY", Align::Left},
                     {"RECV-Q", Align::Right},
                     {"SEND-Q", Align::Right},
                     {"LOCAL", Align::Left},
                     {"PEER", Align::Left},
                     {"HELD BY", Align::Left}});
  for (const Leak& leak : leaks.oldest)
    sockets.add(
        {std::to_string(leak.connection.id),
         age_text(leak.connection.since, leaks.at),
         std::string(label(leak.cause)),
         queue_cell(leak.connection, leak.connection.socket.receive_queue),
         queue_cell(leak.connection, leak.connection.socket.send_queue),
         local_cell(view, leak.connection.tuple),
         peer_cell(leak.connection, leak.peer), holders_text(*leak.holders)});
  std::string text = groups.to_string() + '\n' + sockets.to_string();
  if (leaks.oldest.size() < leaks.total)
    text += fmt::format("The oldest {} of {}.{}\n", leaks.oldest.size(),
                        leaks.total,
                        leaks.oldest.size() < kMaxLimit
                            ? fmt::format(" ?limit={} shows more.",
                                          std::min(leaks.total, kMaxLimit))
                            : "");
  text += '\n';
  for (const LeakCause cause : causes)
    text += fmt::format("{}: {} {}\n", label(cause), info(cause).meaning,
                        info(cause).advice);
  return text + "An age with > is known to be at least that.\n";
}

std::string connections_page(const ListingPage& page,
                             const std::string& next_link) {
  if (page.rows.empty()) return "No connection matches.\n";
  TextTable table({{"ID", Align::Right},
                   {"STATE", Align::Left},
                   {"AGE", Align::Right},
                   {"RECV-Q", Align::Right},
                   {"SEND-Q", Align::Right},
                   {"LOCAL", Align::Left},
                   {"PEER", Align::Left},
                   {"WHY", Align::Left},
                   {"HELD BY", Align::Left}});
  for (const ListedConnection& row : page.rows) {
    const Connection& connection = row.connection;
    const bool age_known =
        connection.state == TcpState::CloseWait ||
        connection.since.age(page.at) >= std::chrono::seconds(1);
    table.add(
        {std::to_string(connection.id),
         fmt::format(
             "{}{}", label(connection.state),
             connection.socket.protocol == Protocol::Mptcp ? " mptcp" : ""),
         age_known ? age_text(connection.since, page.at) : "",
         queue_cell(connection, connection.socket.receive_queue),
         queue_cell(connection, connection.socket.send_queue),
         connection.tuple.local.to_string(), peer_cell(connection, row.peer),
         row.cause ? std::string(label(*row.cause)) : "", holders_cell(row)});
  }
  std::string text = table.to_string();
  if (page.next) text += fmt::format("More: curl '{}'\n", next_link);
  return text;
}

std::string listeners_page(const HostView& view, const ProcessScan& owners) {
  TextTable table({{"ADDRESS", Align::Left},
                   {"SOCKETS", Align::Right},
                   {"QUEUE", Align::Right},
                   {"LIMIT", Align::Right},
                   {"HELD BY", Align::Left}});
  for (const ListenerView& listener : view.listeners) {
    const Holders holders = holders_of(listener, owners);
    table.add({listener.local.to_string() +
                   (listener.protocol == Protocol::Mptcp ? " mptcp" : ""),
               std::to_string(listener.sockets), std::to_string(listener.queue),
               std::to_string(listener.limit),
               holders.holders.empty() ? std::string(brief(holders.attribution))
                                       : owners_text(holders.holders)});
  }
  if (table.empty())
    return std::string(view.ready ? "No socket listens.\n" : kNotReady);
  return table.to_string() +
         "QUEUE: connections that wait for accept(). At LIMIT the kernel drops "
         "new ones.\n";
}

std::string processes_page(const ProcessReport& report) {
  constexpr std::array kShown{TcpState::Listen, TcpState::Established,
                              TcpState::CloseWait};
  TextTable table({{"PID", Align::Right},
                   {"PROCESS", Align::Left},
                   {"UNIT", Align::Left},
                   {"FDS", Align::Right},
                   {"SOCKETS", Align::Right},
                   {"LISTEN", Align::Right},
                   {"ESTABLISHED", Align::Right},
                   {"CLOSE_WAIT", Align::Right},
                   {"OTHER", Align::Right}});
  const auto add = [&](std::vector<std::string> cells,
                       const StateCounts& counts) {
    cells.push_back(std::to_string(counts.total()));
    std::uint64_t other = counts.total();
    for (const TcpState state : kShown) {
      cells.push_back(std::to_string(counts[state]));
      other -= counts[state];
    }
    cells.push_back(std::to_string(other));
    table.add(std::move(cells));
  };
  for (const ProcessSockets& process : report.processes)
    add({std::to_string(process.process->id.pid), process.process->command,
         process.process->unit, fds_text(*process.process)},
        process.counts);
  add({"-", "(no process)", "", ""}, report.unowned);
  std::string text = table.to_string();
  if (report.unreadable > 0)
    text += fmt::format(
        "{} process{} could not be read: {} sockets count as (no process). "
        "See /status for what is missing.\n",
        report.unreadable, report.unreadable == 1 ? "" : "es",
        report.unreadable == 1 ? "its" : "their");
  return text;
}

}  // namespace tcpstated
