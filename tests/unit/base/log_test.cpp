// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kAt{std::chrono::seconds(1'700'000'000)};
constexpr std::string_view kForgery =
    "x\nts=2026-01-01T00:00:00.000Z level=error msg=\"forged\"";

/// A log whose clock stands still until it is told to move.
struct LogTest : testing::Test {
  WallTime now = kAt;
  std::vector<std::string> lines;
  Log log = make({});

  Log make(const LogOptions& options) {
    return Log(
        options, [this] { return now; },
        [this](std::string_view line) { lines.emplace_back(line); });
  }
};

TEST(FormatLogfmt, TimeLevelSentenceAndFields) {
  EXPECT_EQ(format_logfmt({kAt,
                           LogLevel::Warn,
                           "cannot read",
                           {{"path", "/etc/x.yml"}, {"error", "not there"}}}),
            "ts=2023-11-14T22:13:20.000Z level=warn msg=\"cannot read\" "
            "path=/etc/x.yml error=\"not there\"");
}

TEST(FormatLogfmt, AValueCannotForgeALine) {
  const std::string line = format_logfmt(
      {kAt, LogLevel::Info, "new leak", {{"command", std::string(kForgery)}}});
  EXPECT_EQ(line.find('\n'), line.npos);
  EXPECT_TRUE(line.ends_with(
      R"(command="x\\x0ats=2026-01-01T00:00:00.000Z level=error )"
      R"(msg=\"forged\"")"))
      << line;
}

TEST(FormatLogfmt, AValueCannotForgeAField) {
  for (const auto& [value, text] :
       std::initializer_list<std::pair<std::string, std::string_view>>{
           {"a level=error", R"(v="a level=error")"},
           {"a=b", R"(v="a=b")"},
           {R"(" b=c ")", R"(v="\" b=c \"")"},
           {R"(\)", R"(v="\\")"},
           {"", R"(v="")"},
           {"\t", R"(v="\\x09")"}}) {
    const std::string line =
        format_logfmt({kAt, LogLevel::Info, "m", {{"v", value}}});
    EXPECT_TRUE(line.ends_with(text)) << line;
  }
}

TEST(FormatLogfmt, AMessageCannotForgeALine) {
  const std::string line = format_logfmt({kAt, LogLevel::Info, kForgery, {}});
  EXPECT_EQ(line.find('\n'), line.npos);
}

TEST(FormatLogfmt, ALongValueIsCut) {
  const auto length = [](char c) {
    return format_logfmt(
               {kAt, LogLevel::Info, "m", {{"v", std::string(100'000, c)}}})
        .size();
  };
  EXPECT_LT(length('a'), 5000U);
  EXPECT_LT(length(' '), 5000U);
}

TEST(FormatJson, TimeLevelSentenceAndFields) {
  EXPECT_EQ(
      format_json({kAt, LogLevel::Error, "cannot read", {{"path", "/x"}}}),
      R"({"ts":"2023-11-14T22:13:20.000Z","level":"error",)"
      R"("msg":"cannot read","path":"/x"})");
}

TEST(FormatJson, AValueCannotForgeALineOrAMember) {
  const std::string line = format_json(
      {kAt, LogLevel::Info, "m", {{"v", "\"}\n{\"level\":\"error\"\\"}}});
  EXPECT_TRUE(line.ends_with(R"("v":"\"}\\x0a{\"level\":\"error\"\\"})"))
      << line;
  EXPECT_EQ(line.find('\n'), line.npos);
}

TEST(FormatJson, BytesThatAreNoUtf8DoNotReachTheLine) {
  EXPECT_TRUE(format_json({kAt, LogLevel::Info, "m", {{"v", "\xff"}}})
                  .ends_with(R"("v":"\\xff"})"));
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  log.debug("not wanted");
  log.info("wanted");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("level=info msg=\"wanted\""), std::string::npos);
}

TEST_F(LogTest, CountsByLevelWhatWasNotWrittenToo) {
  log.debug("a");
  log.info("b");
  log.info("c");
  for (int i = 0; i < 3; ++i) log.warn("d");
  for (int i = 0; i < 4; ++i) log.error("e");
  EXPECT_EQ(log.count(LogLevel::Debug), 1U);
  EXPECT_EQ(log.count(LogLevel::Info), 2U);
  EXPECT_EQ(log.count(LogLevel::Warn), 3U);
  EXPECT_EQ(log.count(LogLevel::Error), 4U);
}

TEST_F(LogTest, RepeatsOfAWarningAreWrittenOnce) {
  for (int i = 0; i < 100; ++i) {
    log.warn("disk full");
    now += 500ms;
  }
  EXPECT_EQ(lines.size(), 1U);
}

TEST_F(LogTest, SuppressedRepeatsAreCountedWhenTheyGoOn) {
  for (int i = 0; i < 5; ++i) log.warn("disk full");
  now += 1min;
  log.warn("disk full");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[1].ends_with(
      R"(msg="suppressed repeats of a message" message="disk full" count=4)"))
      << lines[1];
  EXPECT_TRUE(lines[2].ends_with(R"(msg="disk full")")) << lines[2];
}

TEST_F(LogTest, ARepeatAfterTheIntervalIsNoRepeat) {
  log.error("disk full");
  now += 1min;
  log.error("disk full");
  EXPECT_EQ(lines.size(), 2U);
}

TEST_F(LogTest, OtherWarningsAreNotSuppressed) {
  log.warn("disk full");
  log.warn("no network");
  EXPECT_EQ(lines.size(), 2U);
}

TEST_F(LogTest, InformationIsNeverSuppressed) {
  log.info("reloaded");
  log.info("reloaded");
  EXPECT_EQ(lines.size(), 2U);
}

TEST_F(LogTest, AClockThatWentBackDoesNotSilenceAWarning) {
  log.warn("disk full");
  now -= 24h;
  log.warn("disk full");
  EXPECT_EQ(lines.size(), 2U);
}

TEST_F(LogTest, ManyDifferentWarningsAreAllWritten) {
  for (int i = 0; i < 2000; ++i) log.warn(std::to_string(i));
  EXPECT_EQ(lines.size(), 2000U);
}

TEST_F(LogTest, JsonIsWrittenIfAskedFor) {
  Log json = make({.format = LogFormat::Json});
  json.info("ready");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with(R"({"ts":)")) << lines[0];
}

TEST(StderrIsJournal, OnlyIfDeviceAndInodeAreThoseOfStderr) {
  struct stat status{};
  ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
  const std::string device = std::to_string(status.st_dev);
  const std::string inode = std::to_string(status.st_ino);
  EXPECT_TRUE(stderr_is_journal((device + ":" + inode).c_str()));
  EXPECT_FALSE(stderr_is_journal((device + ":" + inode + "0").c_str()));
  EXPECT_FALSE(stderr_is_journal((device + "0:" + inode).c_str()));
  EXPECT_FALSE(stderr_is_journal(""));
  EXPECT_FALSE(stderr_is_journal(nullptr));
}

}  // namespace
}  // namespace tcpstated
