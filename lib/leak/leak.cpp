// SPDX-License-Identifier: Apache-2.0
#include "leak/leak.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tcpstated {
namespace {

/// The identity of a group: pid 0 stands for "not known".
using GroupKey = std::tuple<std::int32_t, std::uint64_t, LeakCause>;

struct Collected {
  LeakGroup group;
  const Leak* oldest = nullptr;
  std::set<std::int32_t> others;
};

bool is_older(const Leak& a, const Leak& b) {
  return std::pair(a.connection.since.latest, a.connection.id) <
         std::pair(b.connection.since.latest, b.connection.id);
}

}  // namespace

std::vector<LeakGroup> group_leaks(const std::vector<const Leak*>& leaks) {
  std::map<GroupKey, Collected> groups;
  for (const Leak* leak : leaks) {
    const std::vector<Holder>& holders = leak->holders->holders;
    const Process* process =
        holders.empty() ? nullptr : holders.front().process.get();
    const ProcessId id = process != nullptr ? process->id : ProcessId{};
    Collected& into = groups[{id.pid, id.start_time, leak->cause}];
    ++into.group.sockets;
    for (const Holder& holder : holders)
      if (holder.process->id.pid != id.pid)
        into.others.insert(holder.process->id.pid);
    if (into.oldest == nullptr || is_older(*leak, *into.oldest))
      into.oldest = leak;
  }
  std::vector<LeakGroup> sorted;
  for (auto& [key, collected] : groups) {
    collected.group.oldest = *collected.oldest;
    collected.group.cause = collected.oldest->cause;
    if (const auto& holders = collected.oldest->holders->holders;
        !holders.empty())
      collected.group.process = holders.front().process;
    collected.group.other_processes = collected.others.size();
    sorted.push_back(std::move(collected.group));
  }
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &LeakGroup::sockets);
  return sorted;
}

}  // namespace tcpstated
