// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_document.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

using namespace std::string_literals;

/// "line:column: message. Hint" of every problem, or "" if there is none.
std::string problems(std::string_view text) {
  const auto document = parse_yaml(text);
  if (document) return "";
  std::string lines;
  for (const ConfigProblem& problem : document.error())
    lines += to_string(problem, "f") + "\n";
  return lines;
}

TEST(ParseYaml, NothingIsNull) {
  for (const std::string_view text : {"", "\n", "# a comment\n", "---\n", "~"})
    EXPECT_EQ(parse_yaml(text)->kind, YamlNode::Kind::Null) << text;
}

TEST(ParseYaml, EveryNodeKnowsItsPlace) {
  const auto root = parse_yaml("a: 1\nbc:\n  - x\n  -   {d: 'e'}\n");
  ASSERT_TRUE(root);
  ASSERT_EQ(root->entries.size(), 2U);
  EXPECT_EQ(root->entries[0].value.column, 4);
  const YamlEntry& second = root->entries[1];
  EXPECT_EQ(second.key, "bc");
  EXPECT_EQ(second.line, 2);
  EXPECT_EQ(second.column, 1);
  ASSERT_EQ(second.value.items.size(), 2U);
  EXPECT_EQ(second.value.items[0].line, 3);
  EXPECT_EQ(second.value.items[0].column, 5);
  const YamlEntry& inner = second.value.items[1].entries.at(0);
  EXPECT_EQ(inner.line, 4);
  EXPECT_EQ(inner.column, 8);
  EXPECT_EQ(inner.value.text, "e");
}

TEST(ParseYaml, ScalarsAreKeptAsWritten) {
  for (const std::string_view text :
       {"010", "0x10", "yes", "on", "1e3", "1_000", ".inf", "2026-11-24"})
    EXPECT_EQ(parse_yaml(text)->text, text);
}

TEST(ParseYaml, WindowsLineEndsAreNoTrouble) {
  const auto root = parse_yaml("a: 1\r\nb: 2\r\n");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->entries.at(1).value.text, "2");
}

TEST(ParseYaml, AByteOrderMarkIsNoTrouble) {
  EXPECT_EQ(parse_yaml("\xef\xbb\xbf"
                       "a: 1\n")
                ->entries.at(0)
                .key,
            "a");
}

TEST(ParseYaml, ADuplicateKeyIsAProblem) {
  EXPECT_EQ(problems("a: 1\nb: 2\na: 3\n"),
            "f:3:1: 'a' is given twice, first in line 1\n");
}

TEST(ParseYaml, ADuplicateKeyIsFoundInEveryMapping) {
  EXPECT_EQ(problems("a:\n  - {x: 1, x: 2}\nb: {a: 1}\n"),
            "f:2:12: 'x' is given twice, first in line 2\n");
}

TEST(ParseYaml, AQuotedKeyIsTheSameKey) {
  EXPECT_EQ(problems("a: 1\n\"\\x61\": 2\n"),
            "f:2:1: 'a' is given twice, first in line 1\n");
}

TEST(ParseYaml, AnchorsAndAliasesAreProblems) {
  EXPECT_EQ(problems("a: &x 1\nb: *x\n"),
            "f:1:4: anchors and aliases are not used. Write the value out.\n"
            "f:2:4: anchors and aliases are not used. Write the value out.\n");
}

TEST(ParseYaml, AnAnchorThatRefersToItselfIsAProblem) {
  EXPECT_EQ(problems("a: &x\n  - *x\n"),
            "f:1:4: anchors and aliases are not used. Write the value out.\n"
            "f:2:5: anchors and aliases are not used. Write the value out.\n");
}

TEST(ParseYaml, AnUnknownAliasIsAProblem) {
  EXPECT_EQ(problems("a: *x\n"),
            "f:1:4: the referenced anchor is not defined\n");
}

TEST(ParseYaml, AMillionLaughsAreRefusedAtOnce) {
  std::string text = "a0: &a0 ha\n";
  for (int i = 1; i < 30; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += "*a" + std::to_string(i - 1) + ",";
    text += "]\n";
  }
  EXPECT_FALSE(parse_yaml(text));
}

TEST(ParseYaml, TagsAreProblems) {
  EXPECT_EQ(problems("a: !!str 1\n"),
            "f:1:4: tags such as 'tag:yaml.org,2002:str' are not used\n");
  EXPECT_EQ(problems("a: !x {b: 1}\n"),
            "f:1:4: tags such as '!x' are not used\n");
  EXPECT_EQ(problems("- !x [1]\n"), "f:1:3: tags such as '!x' are not used\n");
}

TEST(ParseYaml, ASecondDocumentIsAProblem) {
  EXPECT_EQ(problems("a: 1\n---\nb: 2\n"),
            "f:2:1: a second document begins here. Write everything in one.\n");
}

/// yaml-cpp 0.7 finds documents in these for ever.
TEST(ParseYaml, ATokenThatBeginsNothingIsAProblem) {
  for (const std::string_view text : {", - b\n", "]", "}", ", ,", "a: 1\n]\n"})
    EXPECT_NE(problems(text), "") << text;
}

TEST(ParseYaml, KeysMustBeWords) {
  EXPECT_EQ(problems("? [a, b]\n: 1\n"), "f:1:3: a key must be a word\n");
  EXPECT_EQ(problems("{a: 1}: 1\n"), "f:1:1: a key must be a word\n");
  EXPECT_TRUE(problems("? \n: 1\n").contains("a key must be a word\n"));
}

TEST(ParseYaml, ANulByteIsAProblem) {
  EXPECT_EQ(problems("a: 1\nb: x\0y\n"s),
            "f:2:5: a control character stands here\n");
}

TEST(ParseYaml, ControlCharactersAreProblemsInEveryLine) {
  EXPECT_EQ(problems("\x1b[2Ja: 1\nb: \x7f\n"),
            "f:1:1: a control character stands here\n"
            "f:2:4: a control character stands here\n");
}

TEST(ParseYaml, Utf16IsRefused) {
  EXPECT_NE(problems("\xff\xfe"
                     "a\0:\0 \0"
                     "1\0"s),
            "");
  EXPECT_NE(problems("\0a\0:\0 \0"
                     "1"s),
            "");
}

TEST(ParseYaml, InvalidUtf8IsAProblem) {
  EXPECT_EQ(problems("a: 1\nb: \xff\n"), "f:2:1: this line is not UTF-8\n");
  EXPECT_EQ(problems("a: \xc0\xaf\n"), "f:1:1: this line is not UTF-8\n");
  EXPECT_EQ(problems("a: \xed\xa0\x80\n"), "f:1:1: this line is not UTF-8\n");
}

TEST(ParseYaml, WhatTheParserComplainsAboutHasAPlace) {
  EXPECT_EQ(problems("a: 1\nb: [1, 2\n"),
            "f:3:1: end of sequence flow not found\n");
  EXPECT_EQ(problems("a:\n\tb: 1\n"), "f:2:3: illegal map value\n");
}

TEST(ParseYaml, AProblemNeverContainsRawBytes) {
  const auto document = parse_yaml("a: \"\\\xc3\xa9\"\n");
  ASSERT_FALSE(document);
  EXPECT_TRUE(is_valid_utf8(document.error().at(0).message))
      << document.error().at(0).message;
}

TEST(ParseYaml, DeepNestingIsAProblem) {
  for (const std::size_t depth : {std::size_t{1500}, std::size_t{100'000}}) {
    EXPECT_NE(problems(std::string(depth, '[')), "");
    std::string mappings;
    for (std::size_t i = 0; i < depth; ++i) mappings += "{a: ";
    EXPECT_NE(problems(mappings), "");
  }
}

TEST(ParseYaml, OneMebibyteIsReadAndOneMoreIsNot) {
  const std::string most = "a: 1\n#" + std::string(kMaxConfigBytes - 6, 'x');
  ASSERT_EQ(most.size(), kMaxConfigBytes);
  EXPECT_TRUE(parse_yaml(most));
  EXPECT_EQ(problems(most + "x"), "f:1:1: the file is larger than 1 MiB\n");
}

/// Looking for duplicates among n keys must not take n * n steps: with 150,000
/// keys the test would not end in time.
TEST(ParseYaml, ManyKeysAreReadInTime) {
  std::string text;
  for (int i = 0; text.size() < kMaxConfigBytes - 16; ++i)
    text += std::to_string(i) + ":\n";
  const auto root = parse_yaml(text);
  ASSERT_TRUE(root);
  EXPECT_GT(root->entries.size(), 100'000U);
}

TEST(ConfigProblemText, HasAHintOnlyIfThereIsOne) {
  EXPECT_EQ(to_string({.line = 3, .column = 5, .message = "m", .hint = "H?"},
                      "/etc/x.yml"),
            "/etc/x.yml:3:5: m. H?");
  EXPECT_EQ(to_string({.message = "m", .hint = ""}, "x"), "x:1:1: m");
}

}  // namespace
}  // namespace tcpstated
