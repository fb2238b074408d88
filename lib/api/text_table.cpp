// SPDX-License-Identifier: Apache-2.0
#include "api/text_table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::string_view kGap = "  ";

void append_cell(std::string& line, std::string_view text, std::size_t width,
                 Align align) {
  const std::string padding(width - display_width(text), ' ');
  if (align == Align::Right) line += padding;
  line += text;
  if (align == Align::Left) line += padding;
}

}  // namespace

void TextTable::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = printable(cell, cell.max_size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::to_string() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_[i].title.size();
    for (const auto& row : rows_)
      width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  std::string text;
  const auto append_line = [&](const auto& cell_at) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += kGap;
      append_cell(line, cell_at(i), widths[i], columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  append_line([&](std::size_t i) { return columns_[i].title; });
  for (const auto& row : rows_)
    append_line([&](std::size_t i) { return std::string_view(row[i]); });
  return text;
}

}  // namespace tcpstated
