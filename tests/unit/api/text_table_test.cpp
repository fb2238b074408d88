// SPDX-License-Identifier: Apache-2.0
#include "api/text_table.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirContents) {
  TextTable table({{"NAME"}, {"N", Align::Right}, {"WHY"}});
  table.add({"a", "5", "x"});
  table.add({"longer name", "12345", ""});
  EXPECT_EQ(table.to_string(),
            "NAME             N  WHY\n"
            "a                5  x\n"
            "longer name  12345\n");
}

TEST(TextTable, ATableWithoutRowsIsItsTitles) {
  const TextTable table({{"A"}, {"B"}});
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.to_string(), "A  B\n");
}

TEST(TextTable, CharactersOfSeveralBytesAreOneColumn) {
  TextTable table({{"A"}, {"B"}});
  table.add({"über", "x"});
  table.add({"abcd", "y"});
  EXPECT_EQ(table.to_string(), "A     B\nüber  x\nabcd  y\n");
}

TEST(TextTable, CellsCannotBreakTheTable) {
  TextTable table({{"A"}, {"B"}});
  table.add({"\x1b[2J\n", "\xff"});
  EXPECT_EQ(table.to_string(), "A            B\n\\x1b[2J\\x0a  \\xff\n");
}

TEST(TextTable, NothingIsCut) {
  TextTable table({{"A"}});
  table.add({std::string(5000, 'x')});
  EXPECT_EQ(table.to_string(), "A\n" + std::string(5000, 'x') + "\n");
}

}  // namespace
}  // namespace tcpstated
