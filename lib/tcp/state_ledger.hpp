// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Private to this room. What was told of the states of ends, and how many are
/// in each.

#include <cstddef>
#include <vector>

#include "tcp/change_reason.hpp"
#include "tcp/conversation.hpp"
#include "tcp/observed.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {

class StateLedger {
 public:
  /// Where changes are told from now on.
  void tell(std::vector<EndpointChange>& changes) { changes_ = &changes; }

  /// Tells which ends are in another state now, or known better, the one at
  /// `first` first.
  void settle(Conversation& conversation, std::size_t first, Instant at,
              ChangeReason reason);

  /// Whether we sit beside an end, otherwise than before.
  void relocate(End& end, bool local);

  [[nodiscard]] const ObservedCounts& counts() const { return counts_; }

 private:
  void count(const End& end, bool there);

  ObservedCounts counts_;
  std::vector<EndpointChange>* changes_ = nullptr;
};

}  // namespace tcpstated
