// SPDX-License-Identifier: Apache-2.0
#include "leak/leak_detector.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_map.hpp>
#include <span>
#include <utility>

#include "leak/listener_match.hpp"

namespace tcpstated {

struct LeakDetector::Impl {
  struct Entry {
    Leak leak;
    std::uint64_t round = 0;  ///< of the last evaluate() that confirmed it
  };

  LeakPolicy policy;
  AttributionMethod method;
  // Stable addresses: leaks() hands out pointers.
  boost::unordered_map<SocketKey, Entry, SocketKeyHash> leaks;
  boost::unordered_flat_map<std::uint64_t, std::shared_ptr<const Holders>>
      holders;  ///< by inode
  CauseCounts by_cause{};
  Instant oldest = Instant::max();
  std::uint64_t round = 0;
  std::uint64_t next_check = 0;  ///< round robin over `holders`
  std::shared_ptr<const Holders> unanswered;
  std::shared_ptr<const Holders> nobody;  ///< packets belong to no process
  bool questions = false;  ///< a leak may have an inode without an answer
  bool regroup = true;     ///< `groups` is of leaks that have changed
  std::vector<LeakGroup> groups;

  [[nodiscard]] std::shared_ptr<const Holders> holders_of(
      std::uint64_t inode) const {
    const auto found = holders.find(inode);
    return found == holders.end() ? unanswered : found->second;
  }

  /// One inode nearly always; then the answer is shared, not copied.
  [[nodiscard]] std::shared_ptr<const Holders> holders_of(
      const std::vector<std::uint64_t>& inodes) const {
    if (inodes.empty()) return unanswered;
    if (inodes.size() == 1) return holders_of(inodes.front());
    Holders all = *holders_of(inodes.front());
    for (const std::uint64_t inode : std::span(inodes).subspan(1)) {
      const auto more = holders_of(inode);
      all.attribution = std::min(all.attribution, more->attribution);
      all.holders.insert(all.holders.end(), more->holders.begin(),
                         more->holders.end());
    }
    return std::make_shared<const Holders>(std::move(all));
  }

  static void find_held_inodes(Leak& leak, const ListenerMatch& listeners) {
    leak.held_inodes.clear();
    leak.listener.reset();
    if (leak.connection.quality != Quality::Kernel) return;
    if (leak.cause != LeakCause::NeverAccepted)
      return leak.held_inodes.push_back(leak.connection.socket.inode);
    for (const Connection* listener : listeners.find(leak.connection)) {
      leak.listener = listener->tuple.local;
      leak.held_inodes.push_back(listener->socket.inode);
    }
  }

  void confirm(const Connection& row, LeakCause cause, Instant now,
               const ListenerMatch& listeners, std::vector<LeakEvent>& events) {
    const auto [at, fresh] = leaks.try_emplace(row.key());
    Leak& leak = at->second.leak;
    at->second.round = round;
    // Most rows have not been looked at again since the last round.
    if (!fresh && leak.connection.last_seen == row.last_seen &&
        leak.cause == cause)
      return;
    questions = true;
    regroup = regroup || fresh || leak.cause != cause;
    leak.connection = row;
    leak.cause = cause;
    find_held_inodes(leak, listeners);
    auto answer =
        row.quality == Quality::Kernel ? holders_of(leak.held_inodes) : nobody;
    regroup = regroup || answer != leak.holders;
    leak.holders = std::move(answer);
    if (!fresh) return;
    leak.leaking_since = now;
    events.push_back({.leak = leak, .leaking = true});
  }

  void drop_unconfirmed(std::vector<LeakEvent>& events) {
    erase_if(leaks, [&](const auto& entry) {
      if (entry.second.round == round) return false;
      events.push_back({.leak = entry.second.leak, .leaking = false});
      return true;
    });
  }

  /// Answers about sockets that are no leaks any more.
  void drop_unused_holders() {
    boost::unordered_flat_map<std::uint64_t, std::shared_ptr<const Holders>>
        used;
    for (const auto& [key, entry] : leaks)
      for (const std::uint64_t inode : entry.leak.held_inodes)
        if (const auto at = holders.find(inode); at != holders.end())
          used.insert(*at);
    holders = std::move(used);
  }
};

LeakDetector::LeakDetector(const LeakPolicy& policy, AttributionMethod method,
                           std::uint64_t hash_seed)
    : impl_(std::make_unique<Impl>()) {
  impl_->policy = policy;
  impl_->method = method;
  impl_->unanswered = std::make_shared<const Holders>(Holders{
      .attribution = method == AttributionMethod::Off ? Attribution::Off
                                                      : Attribution::Pending,
      .holders = {},
      .candidates = {}});
  impl_->nobody = std::make_shared<const Holders>(
      Holders{.attribution = Attribution::PacketsOnly,
              .holders = {},
              .candidates = {}});
  impl_->leaks = decltype(impl_->leaks)(0, SocketKeyHash{hash_seed});
}

LeakDetector::~LeakDetector() = default;

void LeakDetector::set_policy(const LeakPolicy& policy) {
  impl_->policy = policy;
}

void LeakDetector::evaluate(Instant now, const ConnectionTable& table,
                            std::span<const Connection> detached,
                            std::vector<LeakEvent>& events) {
  Impl& impl = *impl_;
  ++impl.round;
  impl.by_cause = {};
  impl.oldest = Instant::max();
  ListenerMatch listeners;
  std::vector<std::pair<const Connection*, LeakCause>> leaking;
  table.visit([&](const Connection& row) {
    if (row.state == TcpState::Listen) listeners.add(row);
    if (row.state != TcpState::CloseWait) return;
    const LeakCause cause = judge(impl.policy, row, now);
    ++impl.by_cause[static_cast<std::size_t>(cause)];
    impl.oldest = std::min(impl.oldest, row.since.latest);
    if (is_leak(impl.policy, row, cause, now)) leaking.push_back({&row, cause});
  });
  for (const Connection& row : detached)
    if (row.since.age(now) >= impl.policy.threshold ||
        impl.leaks.contains(row.key()))  // it was one before it closed
      leaking.push_back({&row, LeakCause::Detached});
  for (const auto& [row, cause] : leaking)
    impl.confirm(*row, cause, now, listeners, events);
  const std::size_t before = events.size();
  impl.drop_unconfirmed(events);
  if (events.size() == before) return;
  impl.regroup = true;
  impl.drop_unused_holders();
}

HolderQuestion LeakDetector::wanted() {
  Impl& impl = *impl_;
  HolderQuestion question;
  if (impl.method == AttributionMethod::Off) return question;
  if (impl.questions)
    for (const auto& [key, entry] : impl.leaks)
      for (const std::uint64_t inode : entry.leak.held_inodes)
        if (!impl.holders.contains(inode)) question.unknown.push_back(inode);
  impl.questions = !question.unknown.empty();
  std::ranges::sort(question.unknown);
  const auto repeated = std::ranges::unique(question.unknown);
  question.unknown.erase(repeated.begin(), repeated.end());
  const std::size_t checks =
      std::min(impl.policy.max_inspections, impl.holders.size());
  if (checks == 0) return question;
  auto at = impl.holders.begin();
  std::advance(
      at, static_cast<std::ptrdiff_t>(impl.next_check % impl.holders.size()));
  for (std::size_t i = 0; i < checks; ++i, ++impl.next_check) {
    if (at == impl.holders.end()) at = impl.holders.begin();
    question.known.push_back({.inode = at->first, .holders = at->second});
    ++at;
  }
  return question;
}

void LeakDetector::learn(const HolderAnswer& answer) {
  for (const HolderAnswer::Entry& entry : answer.entries)
    impl_->holders[entry.inode] = entry.holders;
  for (auto& [key, entry] : impl_->leaks)
    if (!entry.leak.held_inodes.empty())
      entry.leak.holders = impl_->holders_of(entry.leak.held_inodes);
  impl_->regroup = true;
}

std::vector<const Leak*> LeakDetector::leaks() const {
  std::vector<const Leak*> oldest_first;
  oldest_first.reserve(impl_->leaks.size());
  for (const auto& [key, entry] : impl_->leaks)
    oldest_first.push_back(&entry.leak);
  std::ranges::sort(oldest_first, {}, [](const Leak* leak) {
    return std::pair(leak->connection.since.latest, leak->connection.id);
  });
  return oldest_first;
}

const std::vector<LeakGroup>& LeakDetector::groups() {
  if (impl_->regroup) {
    std::vector<const Leak*> all;
    all.reserve(impl_->leaks.size());
    for (const auto& [key, entry] : impl_->leaks) all.push_back(&entry.leak);
    impl_->groups = group_leaks(all);
    impl_->regroup = false;
  } else {
    for (LeakGroup& group : impl_->groups)
      group.oldest = impl_->leaks.at(group.oldest.connection.key()).leak;
  }
  return impl_->groups;
}

std::size_t LeakDetector::size() const { return impl_->leaks.size(); }

const Leak* LeakDetector::find(const SocketKey& key) const {
  const auto found = impl_->leaks.find(key);
  return found == impl_->leaks.end() ? nullptr : &found->second.leak;
}

const CauseCounts& LeakDetector::close_wait_by_cause() const {
  return impl_->by_cause;
}

Instant LeakDetector::oldest_close_wait() const { return impl_->oldest; }

}  // namespace tcpstated
