// SPDX-License-Identifier: Apache-2.0
#include "api/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// A descriptor that a hundred workers inherited is told by the first few.
constexpr std::size_t kMaxNamed = 8;

}  // namespace

std::string age_text(const SinceBounds& since, Instant now) {
  return (since.exact ? "" : ">") + format_age(since.age(now));
}

std::string example_text(const Leak& leak) {
  if (leak.cause == LeakCause::NeverAccepted)
    return leak.listener ? "listener " + leak.listener->to_string()
                         : "to " + leak.connection.tuple.local.to_string();
  const std::string peer = leak.connection.tuple.remote.to_string();
  if (leak.holders->holders.empty()) return "peer " + peer;
  return fmt::format("fd {}, peer {}", leak.holders->holders.front().fd, peer);
}

std::string brief_example(const Leak& leak) {
  if (leak.cause == LeakCause::NeverAccepted || leak.holders->holders.empty())
    return example_text(leak);
  return fmt::format("fd {} to {}", leak.holders->holders.front().fd,
                     leak.connection.tuple.remote.to_string());
}

std::string namespace_text(const HostView& view, std::uint32_t inode) {
  const auto known =
      std::ranges::find(view.namespaces, inode, &NamespaceView::inode);
  if (known != view.namespaces.end() && !known->name.empty())
    return known->name;
  return fmt::format("netns:[{}]", inode);
}

std::string pid_text(const LeakGroup& group) {
  if (!group.process) return "?";
  if (group.other_processes == 0) return std::to_string(group.process->id.pid);
  return fmt::format("{} +{}", group.process->id.pid, group.other_processes);
}

std::string holders_text(const Holders& holders) {
  std::string text;
  for (std::size_t i = 0; i < holders.holders.size(); ++i) {
    if (i == kMaxNamed)
      return text + fmt::format(", {} more", holders.holders.size() - i);
    const Holder& holder = holders.holders[i];
    if (i > 0) text += ", ";
    text += fmt::format("{}[{}] fd {}", holder.process->command,
                        holder.process->id.pid, holder.fd);
    if (holder.kind != HolderKind::Descriptor)
      text += fmt::format(" ({})", label(holder.kind));
  }
  return text.empty() ? attribution_text(holders) : text;
}

std::string peer_state_text(const std::optional<ObservedEnd>& peer) {
  if (!peer || peer->quality == Quality::Unknown) return "";
  return fmt::format("{}{}", label(peer->state),
                     peer->quality < Quality::Confirmed ? "?" : "");
}

std::string_view brief(Attribution attribution) {
  switch (attribution) {
    case Attribution::Found:
      return "";
    case Attribution::Pending:
      return "(searching)";
    case Attribution::NotFound:
      return "(no process)";
    case Attribution::NotPermitted:
      return "(not readable)";
    case Attribution::PacketsOnly:
      return "(not in packets)";
    case Attribution::Off:
      break;
  }
  return "(not searched)";
}

Holders holders_of(const ListenerView& listener, const ProcessScan& owners) {
  Holders result{.attribution = owners.processes_unreadable > 0
                                    ? Attribution::NotPermitted
                                    : Attribution::NotFound,
                 .holders = {},
                 .candidates = {}};
  for (const std::uint64_t inode : listener.inodes) {
    const auto found = owners.holders.find(inode);
    if (found == owners.holders.end()) continue;
    result.attribution = Attribution::Found;
    result.holders.insert(result.holders.end(), found->second.begin(),
                          found->second.end());
  }
  return result;
}

std::string attribution_text(const Holders& holders) {
  switch (holders.attribution) {
    case Attribution::Found:
      return "";
    case Attribution::Pending:
      return "not searched yet";
    case Attribution::NotPermitted:
      return "unknown: not all processes may be read";
    case Attribution::Off:
      return "unknown: attribution is off";
    case Attribution::PacketsOnly:
      return "unknown: packets do not show processes";
    case Attribution::NotFound:
      break;
  }
  std::string text = "no process has it open";
  for (const InFlightCandidate& candidate : holders.candidates)
    text += fmt::format("; may be in flight to {}[{}] fd {}",
                        candidate.process->command, candidate.process->id.pid,
                        candidate.fd);
  return text;
}

std::size_t count_processes(const std::vector<LeakGroup>& groups) {
  std::set<std::int32_t> pids;
  for (const LeakGroup& group : groups)
    if (group.process) pids.insert(group.process->id.pid);
  return pids.size();
}

}  // namespace tcpstated
