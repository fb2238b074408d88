// SPDX-License-Identifier: Apache-2.0
#include "tcp/slot_index.hpp"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <vector>

namespace tcpstated {
namespace {

/// Slots whose keys are numbers, beside what they should be.
class Numbers {
 public:
  using Hash = std::uint64_t (*)(std::uint64_t key);

  Numbers(std::size_t capacity, Hash hash) : index_(capacity), hash_(hash) {}

  void insert(std::uint64_t key) {
    const auto slot = static_cast<Slot>(keys_.size());
    keys_.push_back(key);
    truth_[key] = slot;
    index_.insert(hash_(key), slot, [&](Slot s) { return hash_(keys_[s]); });
  }
  void erase(std::uint64_t key) {
    index_.erase(hash_(key), truth_.at(key));
    truth_.erase(key);
  }
  [[nodiscard]] Slot find(std::uint64_t key) const {
    return index_.find(hash_(key), [&](Slot s) { return keys_[s] == key; });
  }
  [[nodiscard]] Slot truth(std::uint64_t key) const {
    const auto found = truth_.find(key);
    return found == truth_.end() ? kNoSlot : found->second;
  }
  /// How many of the keys below `end` are found where they are not.
  [[nodiscard]] int mistakes(std::uint64_t end) const {
    int count = 0;
    for (std::uint64_t key = 0; key < end; ++key)
      if (find(key) != truth(key)) ++count;
    return count;
  }
  [[nodiscard]] const SlotIndex& index() const { return index_; }

 private:
  SlotIndex index_;
  Hash hash_;
  std::vector<std::uint64_t> keys_;  ///< by slot
  std::unordered_map<std::uint64_t, Slot> truth_;
};

std::uint64_t good(std::uint64_t key) {
  key = (key ^ key >> 30U) * 0xbf58476d1ce4e5b9U;
  key = (key ^ key >> 27U) * 0x94d049bb133111ebU;
  return key ^ key >> 31U;
}
std::uint64_t one_line(std::uint64_t key) { return good(key) << 40U; }
std::uint64_t one_tag(std::uint64_t key) { return good(key) >> 16U; }
std::uint64_t all_equal(std::uint64_t) { return 7; }

/// Random insertions and removals among 400 keys.
void expect_right(Numbers::Hash hash) {
  constexpr std::uint64_t kKeys = 400;
  std::mt19937 random(1);
  Numbers numbers(20'000, hash);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = random() % kKeys;
    if (numbers.truth(key) == kNoSlot)
      numbers.insert(key);
    else
      numbers.erase(key);
    const std::uint64_t asked = random() % kKeys;
    ASSERT_EQ(numbers.find(asked), numbers.truth(asked)) << i;
  }
  EXPECT_EQ(numbers.mistakes(kKeys), 0);
}

TEST(SlotIndex, IsRightWithAGoodHash) { expect_right(good); }
TEST(SlotIndex, IsRightIfAllAreInOneLine) { expect_right(one_line); }
TEST(SlotIndex, IsRightIfAllHaveOneTag) { expect_right(one_tag); }
TEST(SlotIndex, IsRightIfAllHashesAreEqual) { expect_right(all_equal); }

TEST(SlotIndex, KeepsEverythingWhileItGrowsAndEmpties) {
  constexpr std::uint64_t kMany = 50'000;
  Numbers numbers(kMany, good);
  for (std::uint64_t key = 0; key < kMany; ++key) numbers.insert(key);
  EXPECT_EQ(numbers.index().size(), kMany);
  EXPECT_EQ(numbers.mistakes(kMany + 1000), 0);
  for (std::uint64_t key = 0; key < kMany; key += 2) numbers.erase(key);
  EXPECT_EQ(numbers.index().size(), kMany / 2);
  EXPECT_EQ(numbers.mistakes(kMany), 0);
}

TEST(SlotIndex, TakesAtMost14BytesEach) {
  for (const std::uint64_t many : {20'000U, 30'000U, 45'000U, 65'000U}) {
    Numbers numbers(many, good);
    for (std::uint64_t key = 0; key < many; ++key) numbers.insert(key);
    EXPECT_LE(numbers.index().bytes(), 14 * many) << many;
  }
}

TEST(SlotIndex, GuessesMostlyRight) {
  constexpr std::uint64_t kMany = 20'000;
  Numbers numbers(kMany, good);
  for (std::uint64_t key = 0; key < kMany; ++key) numbers.insert(key);
  std::uint64_t right = 0;
  for (std::uint64_t key = 0; key < kMany; ++key)
    if (numbers.index().guess(good(key)) == numbers.truth(key)) ++right;
  EXPECT_GT(right, kMany * 95 / 100);
}

}  // namespace
}  // namespace tcpstated
