// SPDX-License-Identifier: Apache-2.0
#include "api/leak_series.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "fakes/rows.hpp"

namespace tcpstated {
namespace {

LeakGroup group(std::int32_t pid, const std::string& name, std::size_t sockets,
                LeakCause cause = LeakCause::NotClosed,
                std::uint64_t open_fds = 0, std::uint64_t max_fds = 1024) {
  auto who = std::make_shared<Process>(*process(pid, name, name + ".service"));
  who->open_fds = open_fds;
  who->max_fds = max_fds;
  LeakGroup made{.process = who,
                 .other_processes = 0,
                 .cause = cause,
                 .sockets = sockets,
                 .oldest = {}};
  made.oldest.holders = found({});
  return made;
}

/// "process unit cause sockets" of every series.
std::vector<std::string> texts(const std::vector<LeakSeries>& all) {
  std::vector<std::string> lines;
  for (const LeakSeries& series : all)
    lines.push_back(series.process + " " + series.unit + " " +
                    std::string(label(series.cause)) + " " +
                    std::to_string(series.sockets));
  return lines;
}

using Texts = std::vector<std::string>;

TEST(LeakSeries, ProcessesOfOneNameAreOneSeriesPerCause) {
  EXPECT_EQ(texts(leak_series({group(1, "java", 3), group(2, "java", 4),
                               group(1, "java", 5, LeakCause::UnreadEof)},
                              20)),
            (Texts{"java java.service unread_eof 5",
                   "java java.service not_closed 7"}));
}

TEST(LeakSeries, TheNamesWithMostSocketsStayAndTheRestIsSummedUp) {
  EXPECT_EQ(
      texts(leak_series(
          {group(1, "few", 1), group(2, "many", 9), group(3, "some", 2)}, 1)),
      (Texts{"_other  not_closed 3", "many many.service not_closed 9"}));
}

TEST(LeakSeries, ANameIsRankedByAllItsSockets) {
  EXPECT_EQ(texts(leak_series({group(1, "a", 3, LeakCause::UnreadEof),
                               group(1, "a", 3), group(2, "b", 5)},
                              1)),
            (Texts{"_other  not_closed 5", "a a.service unread_eof 3",
                   "a a.service not_closed 3"}));
}

TEST(LeakSeries, SocketsOfNobodyKnownAreUnknown) {
  LeakGroup nobody = group(1, "x", 6);
  nobody.process.reset();
  EXPECT_EQ(texts(leak_series({nobody}, 20)),
            (Texts{"_unknown  not_closed 6"}));
}

TEST(FdSeries, OfSeveralProcessesTheNearestToItsLimitIsShown) {
  const auto series =
      fd_series({group(1, "java", 3, LeakCause::NotClosed, 500, 1024),
                 group(2, "java", 3, LeakCause::NotClosed, 600, 65536)},
                20);
  ASSERT_EQ(series.size(), 1U);
  EXPECT_EQ(series[0].open, 500U);
  EXPECT_EQ(series[0].limit, 1024U);
}

TEST(FdSeries, AVeryLargeLimitIsFarAway) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max() / 2;
  const auto series =
      fd_series({group(1, "java", 3, LeakCause::NotClosed, 1000, kMost),
                 group(2, "java", 3, LeakCause::NotClosed, 10, 1024)},
                20);
  ASSERT_EQ(series.size(), 1U);
  EXPECT_EQ(series[0].open, 10U);
}

TEST(FdSeries, ProcessesWithoutALimitHaveNone) {
  LeakGroup unlimited = group(1, "java", 3);
  auto who = std::make_shared<Process>(*unlimited.process);
  who->max_fds.reset();
  unlimited.process = who;
  EXPECT_TRUE(fd_series({unlimited}, 20).empty());
}

TEST(FdSeries, OnlyProcessesWithSeriesOfTheirOwnHaveOne) {
  EXPECT_EQ(fd_series({group(1, "a", 3), group(2, "b", 9)}, 1).size(), 1U);
}

}  // namespace
}  // namespace tcpstated
