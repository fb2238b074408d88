// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which CLOSE_WAIT sockets are leaks, and who must be asked about them. Does
/// not ask: somebody with a thread to spare for /proc does (wanted(), learn()).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernel/attribution_options.hpp"
#include "leak/leak.hpp"
#include "leak/leak_policy.hpp"
#include "table/connection_table.hpp"

namespace tcpstated {

/// A socket became a leak, or stopped being one.
struct LeakEvent {
  Leak leak;
  bool leaking = true;
};

/// What to find out: who holds these inodes. `known` are answers to check
/// cheaply; those that no longer hold must be searched again.
struct HolderQuestion {
  std::vector<std::uint64_t> unknown;
  struct Known {
    std::uint64_t inode = 0;
    std::shared_ptr<const Holders> holders;
  };
  std::vector<Known> known;

  [[nodiscard]] bool empty() const { return unknown.empty() && known.empty(); }
};

struct HolderAnswer {
  struct Entry {
    std::uint64_t inode = 0;
    std::shared_ptr<const Holders> holders;
  };
  std::vector<Entry> entries;  ///< nothing is said about inodes not here
};

/// Sockets in CLOSE_WAIT by cause, leaks and half-closes included.
using CauseCounts = std::array<std::uint64_t, kLeakCauses.size()>;

/// Belongs to the engine's thread; every call is linear in the rows of the
/// table or better.
class LeakDetector {
 public:
  LeakDetector(const LeakPolicy& policy, AttributionMethod method,
               std::uint64_t hash_seed);
  ~LeakDetector();

  /// A reloaded policy; takes effect at the next evaluate().
  void set_policy(const LeakPolicy& policy);

  /// Judges every CLOSE_WAIT row of the table, and `detached` sockets (CLOSED,
  /// in no table of the kernel, still held), and appends what changed.
  void evaluate(Instant now, const ConnectionTable& table,
                std::span<const Connection> detached,
                std::vector<LeakEvent>& events);

  /// Leaks without an answer, and up to max_inspections answers to check, round
  /// robin. Empty if attribution is off.
  [[nodiscard]] HolderQuestion wanted();
  void learn(const HolderAnswer& answer);

  /// Oldest first. Valid until the next evaluate() or learn().
  [[nodiscard]] std::vector<const Leak*> leaks() const;
  /// The same summed up, largest group first.
  [[nodiscard]] const std::vector<LeakGroup>& groups();
  [[nodiscard]] std::size_t size() const;
  /// nullptr if this socket is no leak.
  [[nodiscard]] const Leak* find(const SocketKey& key) const;
  [[nodiscard]] const CauseCounts& close_wait_by_cause() const;
  /// Latest moment at which the oldest CLOSE_WAIT socket can have entered it;
  /// Instant::max() if there is none.
  [[nodiscard]] Instant oldest_close_wait() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
