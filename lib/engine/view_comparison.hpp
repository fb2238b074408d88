// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Where the kernel and the packets disagree about one of our sockets, for
/// longer than they can be apart in time. The kernel is right; the count says
/// how much the packets can be trusted here.

#include <cstdint>
#include <map>
#include <utility>

#include "tcp/state_change.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {

/// How often, by what the kernel said and what packets showed.
using DisagreementCounts =
    std::map<std::pair<TcpState, TcpState>, std::uint64_t>;

/// Looks at the rows of sweeps: begin(), add() each, end(). Belongs to the
/// engine's thread.
class ViewComparison {
 public:
  /// A packet may be captured so much later than the kernel acts on it.
  static constexpr Duration kGuard = std::chrono::seconds(1);

  void begin() { now_.clear(); }
  /// `row` as the kernel says; asks `model` about the same end.
  void add(const StateChange& row, const TcpModel& model);
  /// `complete`: sockets that were not mentioned agree or are gone.
  void end(bool complete);

  [[nodiscard]] const DisagreementCounts& counts() const { return counts_; }

 private:
  struct Disagreement {
    TcpState kernel = TcpState::Closed;
    TcpState inferred = TcpState::Closed;
    Instant first;  ///< when a sweep first saw it
    bool counted = false;
  };
  using ByCookie = std::map<std::uint64_t, Disagreement>;

  ByCookie known_;  ///< of the last sweep
  ByCookie now_;    ///< of the sweep in progress
  DisagreementCounts counts_;
};

}  // namespace tcpstated
