// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tcpstated {
namespace {

using namespace std::string_view_literals;

/// A stat line as the kernel writes it, with fields 4 to 52 behind the state.
std::string stat_line(std::string_view command, char state = 'S',
                      std::string_view start_time = "8765432") {
  std::string text = "2211 (" + std::string(command) + ") " + state;
  for (int field = 4; field <= 52; ++field)
    text += ' ' + (field == 22 ? std::string(start_time)
                               : std::to_string(1000 + field));
  return text + "\n";
}

TEST(ParseStat, CommandStateAndStartTime) {
  const std::string text = stat_line("java", 'R');
  const auto stat = parse_stat(text);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->command, "java");
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->start_time, 8765432U);
}

TEST(ParseStat, TheCommandMayHoldAnything) {
  for (const std::string_view command :
       {""sv, " "sv, ")"sv, "("sv, "(sd-pam)"sv, "a) Z 1 2"sv, ") S 1 1 1 1"sv,
        "two\nlines"sv, "nul\0byte"sv, "\xff\xfe"sv, "tab\t)"sv}) {
    const std::string text = stat_line(command);
    const auto stat = parse_stat(text);
    ASSERT_TRUE(stat) << command;
    EXPECT_EQ(stat->command, command);
    EXPECT_EQ(stat->state, 'S') << command;
    EXPECT_EQ(stat->start_time, 8765432U) << command;
  }
}

TEST(ParseStat, ATextWithoutANameOrAStartTimeIsRefused) {
  for (const std::string_view text :
       {""sv, "\n"sv, "2211"sv, "2211 (java"sv, "2211 java) S"sv, ")("sv,
        "2211 (java)"sv, "2211 (java) S 1 2 3\n"sv})
    EXPECT_FALSE(parse_stat(text)) << text;
}

TEST(ParseStat, TheStartTimeMayBeTheLastField) {
  const std::string_view all =
      "1 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22";
  ASSERT_TRUE(parse_stat(all));
  EXPECT_EQ(parse_stat(all)->start_time, 22U);
  EXPECT_FALSE(parse_stat(all.substr(0, all.size() - 3)));
}

TEST(ParseStat, NonsenseInItsFieldsIsRefused) {
  EXPECT_FALSE(parse_stat(stat_line("a", 'S', "-1")));
  EXPECT_FALSE(parse_stat(stat_line("a", 'S', "x")));
  EXPECT_FALSE(parse_stat(stat_line("a", ' ')));  // every field moves by one
}

TEST(ParseUid, IsTheEffectiveOne) {
  EXPECT_EQ(parse_uid("Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n"), 2U);
  EXPECT_EQ(parse_uid("Uid:\t0\t4294967295\t0\t0\n"), 4294967295U);
}

TEST(ParseUid, ANameCannotForgeIt) {
  // The kernel writes a line end in a name as \n, two characters.
  EXPECT_EQ(parse_uid("Name:\tx\\nUid:\t0\t0\nUid:\t1\t2\t3\t4\n"), 2U);
}

TEST(ParseUid, NoneIsNone) {
  for (const char* text :
       {"", "Name:\tx\n", "Uid:\n", "Uid:\t1\n", "Uid:\t1\t-2\n", " Uid: 1 2"})
    EXPECT_FALSE(parse_uid(text)) << text;
}

constexpr std::string_view kLimits =
    "Limit                     Soft Limit           Hard Limit           Units "
    "    \n"
    "Max cpu time              unlimited            unlimited            "
    "seconds   \n"
    "Max open files            1024                 524288               files "
    "    \n";

TEST(ParseMaxFds, IsTheSoftLimit) { EXPECT_EQ(parse_max_fds(kLimits), 1024U); }

TEST(ParseMaxFds, UnlimitedIsNone) {
  EXPECT_FALSE(parse_max_fds("Max open files   unlimited  unlimited  files\n"));
}

TEST(ParseMaxFds, MissingIsNone) {
  EXPECT_FALSE(parse_max_fds(""));
  EXPECT_FALSE(parse_max_fds("Max open files\n"));
  EXPECT_FALSE(parse_max_fds("Max processes  1  1  processes\n"));
}

TEST(ParseSocketLink, IsTheInode) {
  EXPECT_EQ(parse_socket_link("socket:[4711]"), 4711U);
  EXPECT_EQ(parse_socket_link("socket:[4294967295]"), 4294967295U);
}

TEST(ParseSocketLink, OtherLinksAreNone) {
  for (const char* link :
       {"", "socket:", "socket:[", "socket:[]", "socket:[4711", "socket:4711",
        "socket:[-1]", "socket:[4711] ", "socket:[0x10]", "pipe:[4711]",
        "/socket:[4711]", "/tmp/socket:[4711]", "anon_inode:[io_uring]"})
    EXPECT_FALSE(parse_socket_link(link)) << link;
}

/// As io_uring/fdinfo.c of Linux 6.18 writes it.
constexpr std::string_view kRing =
    "pos:\t0\nflags:\t02000002\nmnt_id:\t16\nino:\t1067\n"
    "SqMask:\t0x7\nSqHead:\t0\nSqTail:\t0\n"
    "SqThread:\t-1\nSqThreadCpu:\t-1\n"
    "UserFiles:\t6\n"
    "    0: socket:[4711]\n"
    "    2: /etc/hosts\n"
    "    3: pipe:[99]\n"
    "    5: socket:[4712]\n"
    "UserBufs:\t1\n"
    "    0: 0x7f0000000000/4096\n"
    "PollList:\n";

std::string to_text(const std::vector<FixedFile>& files) {
  std::string text;
  for (const FixedFile& file : files)
    text += std::to_string(file.slot) + "=" + std::to_string(file.inode) + " ";
  return text;
}

TEST(ParseFixedFiles, AreTheSocketsInTheList) {
  EXPECT_EQ(to_text(parse_fixed_files(kRing)), "0=4711 5=4712 ");
}

TEST(ParseFixedFiles, SlotsBeyondTheWidthOfTheColumnAreInTheListToo) {
  EXPECT_EQ(to_text(parse_fixed_files("UserFiles:\t200000\n"
                                      " 9999: socket:[1]\n"
                                      "10000: socket:[2]\n"
                                      "150000: socket:[3]\n"
                                      "UserBufs:\t0\n"
                                      "    0: socket:[4]\n")),
            "9999=1 10000=2 150000=3 ");
}

TEST(ParseFixedFiles, WhatOlderKernelsWriteIsPassedOver) {
  EXPECT_EQ(to_text(parse_fixed_files("UserFiles:\t3\n"
                                      "    0: <none>\n"
                                      "    1: \n"
                                      "    2: socket:[7]\n")),
            "2=7 ");
}

TEST(ParseFixedFiles, ABusyRingShowsNoList) {
  EXPECT_TRUE(parse_fixed_files("pos:\t0\nSqMask:\t0x7\n").empty());
  EXPECT_TRUE(parse_fixed_files("").empty());
}

TEST(ParseFixedFiles, AListOutsideItsHeadingIsNotOne) {
  EXPECT_TRUE(parse_fixed_files("    0: socket:[4711]\n").empty());
  EXPECT_TRUE(parse_fixed_files("UserBufs:\t1\n    0: socket:[1]\n").empty());
}

TEST(ParseFixedFiles, ARegisteredPathCannotForgeALine) {
  // seq_file_path() writes blanks and line ends of a path as \040 and \012.
  EXPECT_EQ(to_text(parse_fixed_files(
                "UserFiles:\t2\n"
                "    0: /tmp/x\\012\\040\\040\\0401:\\040socket:[666]\n"
                "    1: socket:[7]\n")),
            "1=7 ");
}

TEST(ParseInFlight, IsTheNumberOfDescriptors) {
  EXPECT_EQ(parse_in_flight("pos:\t0\nflags:\t02\nino:\t9\nscm_fds: 3\n"), 3U);
  EXPECT_EQ(parse_in_flight("scm_fds:\t12"), 12U);
}

TEST(ParseInFlight, NoneAndNonsenseAreZero) {
  for (const char* text :
       {"", "pos:\t0\n", "scm_fds: 0\n", "scm_fds:\n", "scm_fds: -1\n",
        "scm_fds: x\n", "xscm_fds: 3\n", "scm_fds: 4294967296\n"})
    EXPECT_EQ(parse_in_flight(text), 0U) << text;
}

}  // namespace
}  // namespace tcpstated
