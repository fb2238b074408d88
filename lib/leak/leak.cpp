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

}  // namespace

std::vector<LeakGroup> group_leaks(const std::vector<const Leak*>& leaks) {
  std::map<GroupKey, Collected> groups;
  for (const Leak* leak : leaks) {
    const std::vector<Holder>& holders = leak->holders->holders;
    const auto process = holders.empty() ? nullptr : holders.front().process;
    const ProcessId id = process ? process->id : ProcessId{};
    Collected& into = groups[{id.pid, id.start_time, leak->cause}];
    into.group.process = process;
    into.group.cause = leak->cause;
    ++into.group.sockets;
    for (const Holder& holder : holders)
      if (holder.process->id.pid != id.pid)
        into.others.insert(holder.process->id.pid);
    if (into.oldest == nullptr ||
        leak->connection.since.latest < into.oldest->connection.since.latest)
      into.oldest = leak;
  }
  std::vector<LeakGroup> sorted;
  for (auto& [key, collected] : groups) {
    collected.group.oldest = *collected.oldest;
    collected.group.other_processes = collected.others.size();
    sorted.push_back(std::move(collected.group));
  }
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &LeakGroup::sockets);
  return sorted;
}

}  // namespace tcpstated
