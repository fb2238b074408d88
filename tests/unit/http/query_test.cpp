// SPDX-License-Identifier: Apache-2.0
#include "http/query.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

std::string error_of(std::string_view text) {
  const auto query = parse_query(text);
  return query ? "" : query.error().message;
}

TEST(Query, KeepsOrderAndRepetitions) {
  const Query expected{{"b", "2"}, {"a", "1"}, {"b", "3"}};
  EXPECT_EQ(*parse_query("b=2&a=1&b=3"), expected);
}

TEST(Query, OfNothingIsEmpty) { EXPECT_TRUE(parse_query("")->empty()); }

TEST(Query, PlusIsABlank) {
  EXPECT_EQ(*parse_query("a+b=c+d"), (Query{{"a b", "c d"}}));
}

TEST(Query, AnEncodedPlusIsAPlus) {
  EXPECT_EQ(*parse_query("a=%2B"), (Query{{"a", "+"}}));
}

TEST(Query, ANameWithoutEqualsHasAnEmptyValue) {
  EXPECT_EQ(*parse_query("a&b="), (Query{{"a", ""}, {"b", ""}}));
}

TEST(Query, OnlyTheFirstEqualsSeparates) {
  EXPECT_EQ(*parse_query("a=b=c"), (Query{{"a", "b=c"}}));
}

TEST(Query, PassesOverEmptyPieces) {
  EXPECT_EQ(*parse_query("&&a=1&"), (Query{{"a", "1"}}));
}

TEST(Query, DecodesUtf8InBothCasesOfHexadecimal) {
  EXPECT_EQ(*parse_query("n=%c3%A4"), (Query{{"n", "\xc3\xa4"}}));
}

TEST(Query, EncodedSeparatorsDoNotSeparate) {
  EXPECT_EQ(*parse_query("a=%26b%3D1"), (Query{{"a", "&b=1"}}));
}

TEST(Query, DecodesOnlyOnce) {
  EXPECT_EQ(*parse_query("a=%2541"), (Query{{"a", "%41"}}));
}

TEST(Query, SaysWhichPercentIsBadAndWhere) {
  EXPECT_EQ(error_of("a=1&b=%zz"),
            "'%zz' at character 7 is not % and two hexadecimal digits");
}

TEST(Query, RefusesAPercentThatIsCutOff) {
  EXPECT_NE(error_of("a=%"), "");
  EXPECT_NE(error_of("a=%4"), "");
}

TEST(Query, RefusesASignInPlaceOfADigit) {
  EXPECT_NE(error_of("a=%+1"), "");
  EXPECT_NE(error_of("a=%-1"), "");
}

TEST(Query, RefusesControlCharacters) {
  for (const char* text : {"a=%00", "a=%0a", "%0D=1", "a=%7f", "a=%1b"})
    EXPECT_NE(error_of(text), "") << text;
}

TEST(Query, RefusesInvalidUtf8) {
  for (const char* text : {"a=%ff", "a=%c0%af", "a=%ed%a0%80", "a=%e2%82"})
    EXPECT_NE(error_of(text), "") << text;
}

TEST(Query, AnErrorShowsBadBytesEscaped) {
  EXPECT_EQ(error_of("a=\x1b%").find('\x1b'), std::string::npos);
  EXPECT_NE(error_of("a=\x1b").find("\\x1b"), std::string::npos);
}

TEST(Query, TakesAHundredItemsAndNoMore) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "a=1&";
  EXPECT_EQ(parse_query(text)->size(), 100U);
  EXPECT_EQ(error_of(text + "a=1"), "more than 100 parameters");
}

TEST(Query, APathKeepsItsPlus) { EXPECT_EQ(*decode_path("/a+b"), "/a+b"); }

TEST(Query, APathIsDecoded) { EXPECT_EQ(*decode_path("/a%20b"), "/a b"); }

TEST(Query, APathMustNotHoldControlCharacters) {
  EXPECT_FALSE(decode_path("/%0d%0aSet-Cookie:"));
}

TEST(Query, WhatIsEncodedIsDecodedAgain) {
  std::string every;
  for (char c = ' '; c < 0x7f; ++c) every += c;
  every += "\xc3\xa4\xf0\x9f\x90\x9b";
  const auto back = parse_query("v=" + encode_query_value(every));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, (Query{{"v", every}}));
}

TEST(Query, AddressesStayReadableWhenEncoded) {
  EXPECT_EQ(encode_query_value("10.0.0.1:80"), "10.0.0.1:80");
}

TEST(Query, TheLastValueOfANameWins) {
  const auto query = parse_query("a=1&b=2&a=3");
  ASSERT_NE(find_value(*query, "a"), nullptr);
  EXPECT_EQ(*find_value(*query, "a"), "3");
}

TEST(Query, AnAbsentNameHasNoValue) {
  EXPECT_EQ(find_value(*parse_query("a=1"), "A"), nullptr);
}

}  // namespace
}  // namespace tcpstated
