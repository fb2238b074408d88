// SPDX-License-Identifier: Apache-2.0
#include "daemon/progress_bar.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

TEST(ProgressText, ShowsShareSpeedAndPackets) {
  EXPECT_EQ(progress_text({.bytes = 500'000'000, .total = 1'000'000'000},
                          12'300'000, 2s),
            "[===============               ]  50 %  250 MB/s  12.3 M packets");
}

TEST(ProgressText, OfAPipeHasNoShare) {
  EXPECT_EQ(progress_text({.bytes = 30'000'000}, 400'000, 1s),
            "30 MB/s  0.4 M packets");
}

TEST(ProgressText, HasTheSameWidthFromBeginningToEnd) {
  const auto width = [](std::uint64_t bytes) {
    return progress_text({.bytes = bytes, .total = 1000}, 0, 1s).size();
  };
  EXPECT_EQ(width(0), width(1000));
  EXPECT_EQ(width(0), width(99));
}

TEST(ProgressText, AFileThatGrewIsNotReadMoreThanWhole) {
  EXPECT_TRUE(progress_text({.bytes = 1500, .total = 1000}, 0, 1s)
                  .starts_with("[==============================] 100 %  "));
}

TEST(ProgressText, NoTimeHasPassedYet) {
  EXPECT_EQ(progress_text({.bytes = 0, .total = 10}, 0, 0s),
            "[                              ]   0 %  0 MB/s  0.0 M packets");
}

}  // namespace
}  // namespace tcpstated
