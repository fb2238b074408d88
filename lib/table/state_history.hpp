// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Counts of the last minutes, for "how much more than five minutes ago".

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.hpp"
#include "table/state_counts.hpp"

namespace tcpstated {

struct StateTrend {
  Duration window{};  ///< what it really spans; shorter after a start
  std::array<std::int64_t, kTcpStateCount> change{};
};

/// A sample every `kStep`, kept for `kWindow`: 31 samples, whatever happens.
class StateHistory {
 public:
  static constexpr Duration kStep = std::chrono::seconds(10);
  static constexpr Duration kWindow = std::chrono::minutes(5);

  /// Called with every new count; samples itself.
  void add(Instant at, const StateCounts& counts) {
    if (samples_.empty() || at - samples_.back().at >= kStep)
      samples_.push_back({at, counts});
    while (at - samples_.front().at > kWindow) samples_.pop_front();
  }

  /// Change since the oldest sample; nullopt until two moments are known.
  [[nodiscard]] std::optional<StateTrend> trend(
      Instant now, const StateCounts& counts) const {
    if (samples_.empty() || now - samples_.front().at < kStep)
      return std::nullopt;
    StateTrend trend{.window = now - samples_.front().at};
    for (const TcpStateInfo& row : kTcpStates)
      trend.change[index(row.state)] =
          static_cast<std::int64_t>(counts[row.state]) -
          static_cast<std::int64_t>(samples_.front().counts[row.state]);
    return trend;
  }

 private:
  struct Sample {
    Instant at;
    StateCounts counts;
  };
  std::deque<Sample> samples_;
};

}  // namespace tcpstated
