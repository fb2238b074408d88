// SPDX-License-Identifier: Apache-2.0
#include "api/json_views.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <span>
#include <utility>

#include "api/json_parts.hpp"
#include "api/wording.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;

std::string to_line(const json::object& document) {
  return to_text(document) + '\n';
}

Moment moment_of(const HostView& view) { return {view.at, view.anchor}; }

json::object start(const HostView& view, const Moment& moment) {
  return {{"time", format_rfc3339(moment.anchor.to_wall(moment.at))},
          {"ready", view.ready}};
}

json::object start(const HostView& view) {
  return start(view, moment_of(view));
}

/// `object` with one more member, "items", whose elements are made one by one:
/// a long list never exists as a tree of values.
template <typename Rows, typename ToObject>
std::string with_items(const json::object& object, const Rows& rows,
                       const ToObject& to_object) {
  std::string text = to_text(object);
  text.back() = ',';  // instead of the closing brace
  text += R"("items":[)";
  bool first = true;
  for (const auto& row : rows) {
    if (!std::exchange(first, false)) text += ',';
    text += to_text(to_object(row));
  }
  return text + "]}\n";
}

json::object sweep(const HostView& view) {
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
  for (const BackendView& backend : view.backends) {
    if (backend.name != "sock_diag") continue;  // others only check
    count += backend.stats.snapshots;
    failed += backend.stats.snapshots_failed;
  }
  return {{"count", count},
          {"failed", failed},
          {"rows", view.sweep.rows},
          {"complete", view.sweep.complete},
          {"cpu_seconds", to_seconds(view.sweep.cpu)},
          {"wall_seconds", to_seconds(view.sweep.wall)},
          {"interval_seconds", to_seconds(view.sweep.next_in)},
          {"age_seconds", to_seconds(view.at - view.sweep.at)}};
}

json::object observed(const ObservedView& view) {
  json::object local;
  json::object remote;
  for (const TcpStateInfo& row : kTcpStates) {
    local[row.label] = view.counts.local[index(row.state)];
    remote[row.label] = view.counts.remote[index(row.state)];
  }
  json::array disagreements;
  for (const auto& [states, count] : view.disagreements)
    disagreements.push_back({{"kernel", label(states.first)},
                             {"inferred", label(states.second)},
                             {"count", count}});
  json::object evicted;
  for (std::size_t i = 0; i < kEvictionClassCount; ++i)
    evicted[kEvictionClassLabels[i]] = view.stats.evicted[i];
  return {{"local", std::move(local)},
          {"remote", std::move(remote)},
          {"connections", view.tracked},
          {"limit", view.tracked_limit},
          {"bytes", view.bytes},
          {"degraded", view.degraded},
          {"evicted", std::move(evicted)},
          {"refused", view.stats.refused},
          {"segments", view.stats.segments},
          {"copies", view.stats.copies},
          {"disagreements", std::move(disagreements)}};
}

json::object states(const HostView& view) {
  json::object object = start(view);
  if (view.views.packets) object["observed"] = observed(view.observed);
  if (!view.views.kernel) return object;
  object["states"] = to_json(view.tcp);
  object["mptcp"] = to_json(view.mptcp);
  if (view.trend) {
    json::object change;
    for (const TcpStateInfo& row : kTcpStates)
      change[row.label] = view.trend->change[index(row.state)];
    object["change"] = {{"window_seconds", to_seconds(view.trend->window)},
                        {"states", std::move(change)}};
  }
  object["counters"] = {{"curr_estab", view.counters.curr_estab},
                        {"time_wait_sockets", view.counters.time_wait},
                        {"orphans", view.counters.orphans}};
  object["time_wait_minisocks"] = {{"fin_wait_2", view.fin_wait_2_minisocks}};
  object["sweep"] = sweep(view);
  return object;
}

json::array explanations() {
  json::array array;
  for (const TcpStateInfo& row : kTcpStates)
    array.push_back({{"state", row.label},
                     {"rfc_name", row.rfc_name},
                     {"meaning", row.meaning},
                     {"normal", row.normal}});
  return array;
}

json::object details(const CaptureStats& stats) {
  json::array interfaces;
  for (const InterfaceStats& one : stats.interfaces)
    interfaces.push_back({{"name", printable(one.name)},
                          {"received", one.received},
                          {"lost", one.lost},
                          {"trouble", printable(one.trouble, 1024)}});
  json::object dropped;
  for (const RejectedCount& one : stats.rejected_by)
    dropped[one.reason] = one.count;
  return {{"out_of_order", stats.out_of_order},
          {"dropped", std::move(dropped)},
          {"interfaces", std::move(interfaces)}};
}

json::array backends(const HostView& view) {
  json::array array;
  for (const BackendView& backend : view.backends) {
    json::object object{{"name", backend.name},
                        {"up", backend.up},
                        {"wanted", backend.wanted},
                        {"detail", printable(backend.detail, 1024)},
                        {"received", backend.stats.received},
                        {"rejected", backend.stats.rejected},
                        {"lost", backend.stats.lost},
                        {"snapshots", backend.stats.snapshots},
                        {"snapshots_failed", backend.stats.snapshots_failed}};
    if (!backend.stats.rejected_by.empty())
      object["packets"] = details(backend.stats);
    array.push_back(std::move(object));
  }
  return array;
}

/// Others than our own: only what can be known without entering them.
json::array namespaces(const HostView& view) {
  json::array array;
  for (const NamespaceView& other : view.namespaces)
    array.push_back(
        {{"network_namespace", std::to_string(other.inode)},
         {"name", other.name.empty() ? json::value() : json::value(other.name)},
         {"listen", other.counts[TcpState::Listen]},
         {"close_wait", other.counts[TcpState::CloseWait]},
         {"detached", other.counts[TcpState::Closed]}});
  return array;
}

json::object status(const DaemonInfo& daemon, const HostView& view) {
  json::object object = start(view);
  const WallTime now = view.anchor.to_wall(view.at);
  object["version"] = daemon.version;
  object["revision"] = daemon.revision;
  object["compiler"] = daemon.compiler;
  object["host"] = printable(daemon.hostname);
  object["pid"] = daemon.pid;
  object["started"] = format_rfc3339(daemon.started);
  object["uptime_seconds"] =
      to_seconds(std::max(now, daemon.started) - daemon.started);
  object["backends"] = backends(view);
  json::array capabilities;
  for (const std::string& name : daemon.capabilities)
    capabilities.emplace_back(name);
  object["capabilities"] = {{"effective", std::move(capabilities)}};
  json::array abilities;
  for (const Ability& ability : daemon.abilities) {
    json::object entry{{"name", ability.name},
                       {"available", ability.available}};
    if (!ability.available) {
      entry["effect"] = ability.effect;
      entry["missing"] = ability.missing;
      entry["how"] = ability.how;
    }
    abilities.push_back(std::move(entry));
  }
  object["abilities"] = std::move(abilities);
  object["sweep"] = sweep(view);
  object["table"] = {{"tracked", view.tracked},
                     {"limit", view.tracked_limit},
                     {"refused", view.totals.refused}};
  object["attribution"] = {
      {"searches", view.totals.searches},
      {"not_found", view.totals.holders_not_found},
      {"not_permitted", view.totals.holders_not_permitted}};
  object["counts_clamped"] = view.totals.clamped;
  object["network_namespaces"] = namespaces(view);
  return object;
}

json::object to_json(const ListedConnection& row, const Moment& moment) {
  json::object object = tcpstated::to_json(row.connection, moment);
  if (row.cause) {
    object["cause"] = label(*row.cause);
    object["leaked"] = row.leaked;
  }
  if (row.listener) object["listener"] = tcpstated::to_json(*row.listener);
  if (row.peer) object["peer"] = tcpstated::to_json(*row.peer, moment);
  if (row.holders) add_holders(object, *row.holders);
  return object;
}

}  // namespace

std::string status_json(const DaemonInfo& daemon, const HostView& view) {
  return to_line(status(daemon, view));
}

std::string states_json(const HostView& view) {
  json::object object = states(view);
  object["explanations"] = explanations();
  return to_line(object);
}

std::string leaks_json(const HostView& view, const LeakListing& leaks) {
  const Moment moment{leaks.at, view.anchor};
  json::object object = start(view, moment);
  object["total"] = leaks.total;
  object["groups"] = to_json(leaks.groups, moment);
  return with_items(object, leaks.oldest,
                    [&](const Leak& leak) { return to_json(leak, moment); });
}

std::string connections_json(const ListingPage& page, const HostView& view) {
  const Moment moment{page.at, view.anchor};
  json::object object = start(view, moment);
  object["next"] =
      page.next ? json::value(std::to_string(*page.next)) : json::value();
  return with_items(object, page.rows, [&](const ListedConnection& row) {
    return to_json(row, moment);
  });
}

std::string connection_json(const ListedConnection& row, Instant at,
                            const HostView& view) {
  return to_line(to_json(row, {at, view.anchor}));
}

std::string listeners_json(const HostView& view, const ProcessScan& owners) {
  json::object object = start(view);
  json::array items;
  for (const ListenerView& listener : view.listeners) {
    const Holders holders = holders_of(listener, owners);
    items.push_back({{"local", to_json(listener.local)},
                     {"protocol", label(listener.protocol)},
                     {"sockets", listener.sockets},
                     {"accept_queue_length", listener.queue},
                     {"accept_queue_limit", listener.limit},
                     {"attribution", label(holders.attribution)},
                     {"holders", to_json(holders.holders)}});
  }
  object["items"] = std::move(items);
  return to_line(object);
}

std::string processes_json(const ProcessReport& report, const HostView& view) {
  json::object object = start(view);
  json::array items;
  for (const ProcessSockets& process : report.processes) {
    json::object entry = to_json(*process.process);
    entry["sockets"] = process.counts.total();
    entry["states"] = to_json(process.counts);
    items.push_back(std::move(entry));
  }
  object["items"] = std::move(items);
  object["without_process"] = to_json(report.unowned);
  object["unreadable_processes"] = report.unreadable;
  return to_line(object);
}

namespace {

json::value to_json(ConfigKind kind, std::string_view text) {
  if (kind == ConfigKind::Number)
    if (const auto number = parse_number<std::int64_t>(text)) return *number;
  if (kind != ConfigKind::List) return json::value(text);
  json::array items;
  text = trim(text.substr(1, text.size() - 2));  // of the brackets
  if (!text.empty())
    for (const std::string_view item : split(text, ','))
      items.emplace_back(trim(item));
  return items;
}

}  // namespace

std::string config_json(const Config& config) {
  json::object root;
  for (const ConfigField& field : config_fields()) {
    const auto keys = split(field.path, '.');
    json::object* into = &root;
    for (const std::string_view key : std::span(keys).first(keys.size() - 1)) {
      json::value& child = (*into)[key];
      if (!child.is_object()) child = json::object();
      into = &child.as_object();
    }
    (*into)[keys.back()] = to_json(field.kind, field.write(config));
  }
  return to_line(root);
}

std::string overview_json(const DaemonInfo& daemon, const HostView& view) {
  json::object object = states(view);
  object["status"] = status(daemon, view);
  object["leaks"] = {{"total", view.leaked},
                     {"groups", to_json(view.leak_groups, moment_of(view))}};
  return to_line(object);
}

}  // namespace tcpstated
