// SPDX-License-Identifier: Apache-2.0
#include "api/leak_series.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace tcpstated {
namespace {

/// Processes are told apart by name here: pids change with every restart.
using Name = std::pair<std::string, std::string>;

Name name_of(const LeakGroup& group) {
  if (!group.process) return {"_unknown", ""};
  return {group.process->command, group.process->unit};
}

/// open/limit, compared without dividing by a limit of 0 and without overflow.
bool is_nearer(const FdSeries& a, const FdSeries& b) {
  return static_cast<double>(a.open) * static_cast<double>(b.limit) >
         static_cast<double>(b.open) * static_cast<double>(a.limit);
}

/// The names with most leaked sockets.
std::set<Name> top_names(const std::vector<LeakGroup>& groups,
                         std::size_t max_processes) {
  std::map<Name, std::size_t> totals;
  for (const LeakGroup& group : groups) totals[name_of(group)] += group.sockets;
  std::vector<std::pair<std::size_t, Name>> ranked;
  for (const auto& [name, sockets] : totals) ranked.emplace_back(sockets, name);
  std::ranges::stable_sort(ranked, std::ranges::greater{},
                           [](const auto& entry) { return entry.first; });
  if (ranked.size() > max_processes) ranked.resize(max_processes);
  std::set<Name> names;
  for (auto& [sockets, name] : ranked) names.insert(std::move(name));
  return names;
}

}  // namespace

std::vector<LeakSeries> leak_series(const std::vector<LeakGroup>& groups,
                                    std::size_t max_processes) {
  const std::set<Name> shown = top_names(groups, max_processes);
  std::map<std::tuple<Name, LeakCause>, std::uint64_t> sums;
  for (const LeakGroup& group : groups) {
    const Name name = name_of(group);
    sums[{shown.contains(name) ? name : Name("_other", ""), group.cause}] +=
        group.sockets;
  }
  std::vector<LeakSeries> series;
  for (const auto& [key, sockets] : sums)
    series.push_back({.process = std::get<0>(key).first,
                      .unit = std::get<0>(key).second,
                      .cause = std::get<1>(key),
                      .sockets = sockets});
  return series;
}

std::vector<FdSeries> fd_series(const std::vector<LeakGroup>& groups,
                                std::size_t max_processes) {
  const std::set<Name> shown = top_names(groups, max_processes);
  std::map<Name, FdSeries> nearest;
  for (const LeakGroup& group : groups) {
    if (!group.process || !group.process->open_fds || !group.process->max_fds)
      continue;
    const Name name = name_of(group);
    if (!shown.contains(name)) continue;
    const FdSeries candidate{.process = name.first,
                             .unit = name.second,
                             .open = *group.process->open_fds,
                             .limit = *group.process->max_fds};
    const auto [at, fresh] = nearest.try_emplace(name, candidate);
    if (!fresh && is_nearer(candidate, at->second)) at->second = candidate;
  }
  std::vector<FdSeries> series;
  for (const auto& [name, entry] : nearest) series.push_back(entry);
  return series;
}

}  // namespace tcpstated
