// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Tables for people: columns as wide as their contents, nothing cut.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstated {

enum class Align : std::uint8_t { Left, Right };

struct TextColumn {
  std::string_view title;
  Align align = Align::Left;
};

/// Rows of cells. Cells are escaped on entry: a stranger's name can break
/// neither the layout nor the terminal.
class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns)
      : columns_(std::move(columns)) {}

  /// As many cells as there are columns.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Title line and rows, two blanks between columns, no blanks at line ends.
  [[nodiscard]] std::string to_string() const;

 private:
  std::vector<TextColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tcpstated
