// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Two SimulatedEnds, a path between them that loses, reorders and duplicates,
/// and a capture beside the first: it sees what that end sends and receives.

#include <array>
#include <functional>
#include <map>
#include <random>
#include <utility>

#include "fakes/simulated_end.hpp"

namespace tcpstated {

struct PathFaults {
  double loss = 0;
  double duplication = 0;
  Duration delay = std::chrono::milliseconds(10);
  Duration jitter{};  ///< at most so much more: reorders
};

class SimulatedPath {
 public:
  SimulatedPath(std::uint32_t seed, const PathFaults& faults)
      : random_(seed), faults_(faults) {}

  static Endpoint endpoint(std::size_t end) {
    return {IpAddress::v4(0x0a000001 + static_cast<std::uint32_t>(end)),
            static_cast<std::uint16_t>(end == 0 ? 1000 : 2000)};
  }

  std::array<SimulatedEnd, 2> ends{
      SimulatedEnd(endpoint(0), endpoint(1)),
      SimulatedEnd(endpoint(1), endpoint(0)),
  };
  std::function<void(const Segment&)> capture;
  /// After everything that happened at one instant.
  std::function<void(Instant)> settled;

  [[nodiscard]] std::mt19937& random() { return random_; }
  [[nodiscard]] bool chance(double p) {
    return std::uniform_real_distribution<>(0, 1)(random_) < p;
  }
  [[nodiscard]] Duration up_to(Duration most) {
    return Duration(
        std::uniform_int_distribution<Duration::rep>(0, most.count())(random_));
  }

  /// The application of `end` does something at `at`.
  void plan(Instant at, std::function<void(Instant)> action) {
    events_.emplace(at, std::move(action));
  }

  [[nodiscard]] bool is_quiet() const {
    return in_flight_ == 0 && ends[0].is_quiet() && ends[1].is_quiet();
  }

  [[nodiscard]] bool lost_reset() const { return lost_reset_; }

  void run(Instant until) {
    for (;;) {
      const Instant timer =
          std::min(ends[0].next_timer(), ends[1].next_timer());
      const Instant event =
          events_.empty() ? Instant::max() : events_.begin()->first;
      const Instant now = std::min(timer, event);
      if (now > until) return;
      if (event == now) {
        const auto action = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        action(now);
      } else {
        for (SimulatedEnd& end : ends) end.run_timers(now);
      }
      transmit(now);
      if (settled) settled(now);
    }
  }

 private:
  void transmit(Instant now) {
    for (std::size_t from = 0; from < 2; ++from) {
      for (const Segment& segment : ends[from].take_sent()) {
        if (from == 0 && capture) capture(segment);
        const int copies = chance(faults_.duplication) ? 2 : 1;
        for (int i = 0; i < copies; ++i) {
          if (!chance(faults_.loss))
            carry(now, segment, 1 - from);
          else if (segment.flags.rst)
            lost_reset_ = true;
        }
      }
    }
  }

  void carry(Instant now, Segment segment, std::size_t to) {
    ++in_flight_;
    events_.emplace(now + faults_.delay + up_to(faults_.jitter),
                    [this, segment, to](Instant at) mutable {
                      --in_flight_;
                      segment.at = at;
                      if (to == 0 && capture) capture(segment);
                      ends[to].receive(at, segment);
                    });
  }

  std::mt19937 random_;
  PathFaults faults_;
  std::multimap<Instant, std::function<void(Instant)>> events_;
  int in_flight_ = 0;
  bool lost_reset_ = false;
};

}  // namespace tcpstated
