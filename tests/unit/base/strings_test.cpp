// SPDX-License-Identifier: Apache-2.0
#include "base/strings.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

TEST(ParseNumber, TheWholeTextIsTheNumber) {
  EXPECT_EQ(parse_number<int>("0"), 0);
  EXPECT_EQ(parse_number<int>("-17"), -17);
  EXPECT_EQ(parse_number<unsigned>("0042"), 42U);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number<unsigned>("1fF", 16), 0x1ffU);
}

TEST(ParseNumber, AnythingElseInTheTextIsRefused) {
  for (const std::string_view text :
       {""sv, " 1"sv, "1 "sv, "1\n"sv, "+1"sv, "-"sv, "0x1"sv, "1.0"sv, "1e3"sv,
        "1_000"sv, "one"sv, "1\0"sv, "\u0661"sv})
    EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
}

TEST(ParseNumber, ASignOnAnUnsignedTypeIsRefused) {
  EXPECT_EQ(parse_number<unsigned>("-1"), std::nullopt);
  EXPECT_EQ(parse_number<unsigned>("-0"), std::nullopt);
}

TEST(ParseNumber, OverflowIsRefused) {
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<std::int8_t>("-129"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551616"), std::nullopt);
}

TEST(Trim, BlanksTabsAndLineEndsGo) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(ToLower, ChangesAsciiOnly) {
  EXPECT_EQ(to_lower("AZaz09@[`{\xc3\x84"), "azaz09@[`{\xc3\x84");
}

TEST(Split, EmptyPiecesArePieces) {
  using Pieces = std::vector<std::string_view>;
  EXPECT_EQ(split("a,,b", ','), (Pieces{"a", "", "b"}));
  EXPECT_EQ(split("a,", ','), (Pieces{"a", ""}));
  EXPECT_EQ(split("", ','), (Pieces{""}));
}

TEST(SplitWords, NoWordIsEmpty) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(split_words(" \ta \t b\t"), (Words{"a", "b"}));
  EXPECT_EQ(split_words(" \t "), Words{});
  EXPECT_EQ(split_words(""), Words{});
}

TEST(Printable, OrdinaryTextStaysAsItIs) {
  EXPECT_EQ(printable("nginx: worker (2)"), "nginx: worker (2)");
  EXPECT_EQ(printable("caf\u00e9 \u65e5\u672c \U0001f600"),
            "caf\u00e9 \u65e5\u672c \U0001f600");
}

TEST(Printable, ControlCharactersAreWrittenOut) {
  EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f"), "a\\x0ab\\x09c\\x1b[31m\\x7f");
  EXPECT_EQ(printable("\0"sv), "\\x00");
  EXPECT_EQ(printable("\u009b"), "\\x9b");  // CSI in one character
}

TEST(Printable, CharactersThatReorderOrHideTextAreWrittenOut) {
  EXPECT_EQ(printable("a\u202eb"), "a\\u{202e}b");
  EXPECT_EQ(printable("\u061c"), "\\u{061c}");
  EXPECT_EQ(printable("\u200b\u200f"), "\\u{200b}\\u{200f}");
  EXPECT_EQ(printable("\u2066\u2069\ufeff"), "\\u{2066}\\u{2069}\\u{feff}");
  EXPECT_EQ(printable("\U000e0041"), "\\u{e0041}");
  EXPECT_EQ(printable("\u2028"), "\\u{2028}");  // a line end to JavaScript
}

TEST(Printable, TheNeighboursOfDeceptiveCharactersStay) {
  for (const std::string_view text :
       {"\u061b", "\u061d", "\u200a", "\u2010", "\u2027", "\u202f", "\u205f",
        "\u2070", "\ufefe", "\U000e0080"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, BytesThatAreNoUtf8AreWrittenOutOneByOne) {
  EXPECT_EQ(printable("\xff"
                      "a"),
            "\\xffa");
  EXPECT_EQ(printable("\xc3"), "\\xc3");                    // cut short
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // overlong '/'
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");  // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x82z"), "\\xe2\\x82z");  // a byte is missing
}

TEST(Printable, ATextOfJustTheLimitIsNotCut) {
  EXPECT_EQ(printable("abcd", 4), "abcd");
  EXPECT_EQ(printable("abcde", 4), "abcd...");
}

TEST(Printable, IsCutBetweenCharacters) {
  EXPECT_EQ(printable("abc\u00e9", 4), "abc...");
  EXPECT_EQ(printable("ab\u65e5x", 4), "ab...");
  EXPECT_EQ(printable("abc\n", 4), "abc...");
}

TEST(Printable, AnythingBecomesValidUtf8WithoutControls) {
  std::string raw;
  for (int first = 0; first < 256; ++first)
    for (const int second : {0x00, 0x41, 0x80, 0xa0, 0xbf, 0xff})
      raw += {static_cast<char>(first), static_cast<char>(second)};
  const std::string text = printable(raw, raw.size() * 8);
  EXPECT_TRUE(is_valid_utf8(text));
  for (const char c : text) EXPECT_FALSE(c >= 0 && (c < ' ' || c == 0x7f));
}

TEST(IsValidUtf8, KnowsTheEdgesOfRfc3629) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("a\x7f\u0080\u07ff\u0800\ud7ff\ue000\uffff"));
  EXPECT_TRUE(is_valid_utf8("\U00010000\U0010ffff"));
  for (const char* bad :
       {"\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xfe"})
    EXPECT_FALSE(is_valid_utf8(bad)) << printable(bad);
}

TEST(DisplayWidth, CountsCharacters) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("\u00e9\u65e5\U0001f600"), 3U);
}

TEST(FormatAge, TwoUnitsAtMost) {
  EXPECT_EQ(format_age(0ns), "0ms");
  EXPECT_EQ(format_age(999ms + 999us), "999ms");
  EXPECT_EQ(format_age(1s), "1s");
  EXPECT_EQ(format_age(71s), "71s");
  EXPECT_EQ(format_age(99s), "99s");
  EXPECT_EQ(format_age(100s), "1m40s");
  EXPECT_EQ(format_age(12min + 5s), "12m05s");
  EXPECT_EQ(format_age(59min + 59s), "59m59s");
  EXPECT_EQ(format_age(2h + 3min + 59s), "2h03m");
  EXPECT_EQ(format_age(24h), "1d00h");
  EXPECT_EQ(format_age(4 * 24h + 7h), "4d07h");
}

TEST(FormatAge, AClockThatWentBackGivesZero) {
  EXPECT_EQ(format_age(-5s), "0ms");
}

TEST(ParseDuration, ReadsWhatGoAndPrometheusWrite) {
  EXPECT_EQ(parse_duration("0"), 0ns);
  EXPECT_EQ(parse_duration("0s"), 0ns);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("60s"), 60s);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("1w2d3h4m5s6ms7us8ns"),
            9 * 24h + 3h + 4min + 5s + 6ms + 7us + 8ns);
}

TEST(ParseDuration, EverythingElseIsRefused) {
  for (const char* text :
       {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "5S", "5x",
        "5sec", "30m1h", "1s1s", "1ms1s", "1h30", "00", "0x1s", "s5"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(ParseDuration, OverflowIsRefused) {
  EXPECT_TRUE(parse_duration("9223372036854775807ns"));
  EXPECT_EQ(parse_duration("9223372036854775808ns"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999w"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036s854775808ns"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999999999999s"), std::nullopt);
}

TEST(FormatDuration, WritesTheLargestUnits) {
  EXPECT_EQ(format_duration(0ns), "0s");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(7 * 24h), "1w");
}

TEST(FormatDuration, IsReadBackAsItWas) {
  for (const Duration duration :
       {Duration(0), Duration(1), Duration(1001), Duration(999'999'999),
        Duration(60s), Duration(61s), Duration(24h + 1ns),
        Duration(365 * 24h + 5us), Duration::max()})
    EXPECT_EQ(parse_duration(format_duration(duration)), duration)
        << format_duration(duration);
}

TEST(FormatRfc3339, WritesUtcWithAsManyDigitsAsAsked) {
  const WallTime at{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} +
                    3h + 1s + 4567891ns};
  EXPECT_EQ(format_rfc3339(at), "2026-11-24T03:00:01.004Z");
  EXPECT_EQ(format_rfc3339(at, 0), "2026-11-24T03:00:01Z");
  EXPECT_EQ(format_rfc3339(at, 9), "2026-11-24T03:00:01.004567891Z");
}

TEST(FormatRfc3339, ATimeBefore1970IsRoundedDown) {
  EXPECT_EQ(format_rfc3339(WallTime{-1ns}, 9),
            "1969-12-31T23:59:59.999999999Z");
}

TEST(Closest, FindsATypingError) {
  constexpr std::array kWords{"close_wait"sv, "closed"sv, "listen"sv};
  EXPECT_EQ(closest("close_wiat", kWords), "close_wait");
  EXPECT_EQ(closest("closd", kWords), "closed");
  EXPECT_EQ(closest("listen", kWords), "listen");
}

TEST(Closest, WordsTooFarAwayAreNoSuggestion) {
  constexpr std::array kWords{"close_wait"sv, "listen"sv};
  EXPECT_EQ(closest("established", kWords), std::nullopt);
  EXPECT_EQ(closest("", kWords), std::nullopt);
  EXPECT_EQ(closest("x", {}), std::nullopt);
}

TEST(Closest, AShortWordMayDifferInOneCharacterOnly) {
  constexpr std::array kWords{"tcp"sv};
  EXPECT_EQ(closest("tcq", kWords), "tcp");
  EXPECT_EQ(closest("udq", kWords), std::nullopt);
}

}  // namespace
}  // namespace tcpstated
