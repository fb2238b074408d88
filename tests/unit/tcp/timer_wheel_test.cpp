// SPDX-License-Identifier: Apache-2.0
#include "tcp/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tcpstated {
namespace {

/// A wheel whose owner puts back what comes up early, beside what is due when.
class Timers {
 public:
  explicit Timers(Slot most)
      : nodes_(most), spokes_(most), due_(most, kNoTick) {}

  void set(Slot slot, Tick due) {
    clear(slot);
    due_[slot] = due;
    spokes_[slot] = wheel_.insert(slot, due);
    EXPECT_LE(wheel_.comes_up(spokes_[slot]), due);
    EXPECT_GT(wheel_.comes_up(spokes_[slot]), now_);
  }
  void clear(Slot slot) {
    if (due_[slot] == kNoTick) return;
    wheel_.remove(slot, spokes_[slot]);
    due_[slot] = kNoTick;
  }
  /// Until `now`. Says how many were late, or came without being due at all.
  int run(Tick now) {
    int wrong = 0;
    while (wheel_.next() <= now) {
      now_ = wheel_.next();
      std::vector<Slot> up;
      wheel_.turn(now_, up);
      for (const Slot slot : up) {
        ++looks_;
        if (due_[slot] < now_) ++wrong;
        if (due_[slot] > now_)
          spokes_[slot] = wheel_.insert(slot, due_[slot]);
        else
          due_[slot] = kNoTick;
      }
    }
    now_ = now;
    std::vector<Slot> none;
    wheel_.turn(now, none);
    for (const Tick due : due_)
      if (due <= now) ++wrong;
    return wrong + static_cast<int>(none.size());
  }

  [[nodiscard]] Tick now() const { return now_; }
  [[nodiscard]] Tick due(Slot slot) const { return due_[slot]; }
  [[nodiscard]] const TimerWheel& wheel() const { return wheel_; }
  [[nodiscard]] int looks() const { return looks_; }

 private:
  std::vector<ListNode> nodes_;
  std::vector<std::uint16_t> spokes_;
  std::vector<Tick> due_;
  TimerWheel wheel_{nodes_.data()};
  Tick now_ = 0;
  int looks_ = 0;
};

TEST(TimerWheel, BringsEverythingInTimeAndOnce) {
  constexpr Slot kMany = 200;
  std::mt19937_64 random(1);
  for (const Tick begin : {Tick{0}, Tick{-70'000}, Tick{1} << 40U}) {
    Timers timers(kMany);
    ASSERT_EQ(timers.run(begin), 0);
    for (int i = 0; i < 20'000; ++i) {
      const auto slot = static_cast<Slot>(random() % kMany);
      const Tick far = Tick{1} << random() % 36;
      if (random() % 4 == 0)
        timers.clear(slot);
      else
        timers.set(slot, timers.now() + 1 + static_cast<Tick>(random() % far));
      if (random() % 8 != 0) continue;
      const Tick step = static_cast<Tick>(random() % (1U << random() % 20));
      ASSERT_EQ(timers.run(timers.now() + step), 0) << i;
    }
  }
}

TEST(TimerWheel, LooksAtMostFourTimesAtWhatIsDueWithin50Days) {
  Timers timers(1);
  for (const Tick due :
       {1, 255, 256, 65'535, 65'536, 70'000, 1 << 24, 1 << 30}) {
    timers.set(0, timers.now() + due);
    EXPECT_EQ(timers.run(timers.now() + due), 0);
  }
  EXPECT_LE(timers.looks(), 8 * 4);
}

TEST(TimerWheel, SoonestIsOfTheNextSpoke) {
  Timers timers(3);
  EXPECT_EQ(timers.wheel().soonest(), kNoSlot);
  EXPECT_EQ(timers.wheel().next(), kNoTick);
  timers.set(0, 100'000);
  timers.set(1, 300);
  timers.set(2, 20);
  EXPECT_EQ(timers.wheel().soonest(), 2U);
  EXPECT_EQ(timers.wheel().next(), 20);
  timers.clear(2);
  EXPECT_EQ(timers.wheel().soonest(), 1U);
  timers.clear(1);
  EXPECT_EQ(timers.wheel().soonest(), 0U);
}

}  // namespace
}  // namespace tcpstated
