// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Golden files: what a surface printed when somebody last looked at it, in
/// tests/golden. TCPSTATED_UPDATE_GOLDEN=1 writes them anew: read the diff.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstated {

/// JSON with a line per member, so that a difference is a line.
inline std::string indented(std::string_view json) {
  std::string text;
  std::string indent = "\n";
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      text += c;
      if (c == '\\')
        text += json[++i];
      else if (c == '"')
        quoted = false;
    } else if (c == '{' || c == '[') {
      text += c;
      indent += "  ";
      if (json[i + 1] != '}' && json[i + 1] != ']') text += indent;
    } else if (c == '}' || c == ']') {
      indent.resize(indent.size() - 2);
      if (json[i - 1] != '{' && json[i - 1] != '[') text += indent;
      text += c;
    } else {
      quoted = c == '"';
      text += c;
      if (c == ',') text += indent;
      if (c == ':') text += ' ';
    }
  }
  return text;
}

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// The lines between what both begin and end with.
inline std::string difference(std::string_view golden, std::string_view now) {
  std::vector<std::string_view> before = lines_of(golden);
  std::vector<std::string_view> after = lines_of(now);
  std::size_t line = 1;
  while (!before.empty() && !after.empty() && before[0] == after[0]) {
    before.erase(before.begin());
    after.erase(after.begin());
    ++line;
  }
  while (!before.empty() && !after.empty() && before.back() == after.back()) {
    before.pop_back();
    after.pop_back();
  }
  std::string text = "from line " + std::to_string(line) + ":\n";
  for (const std::string_view old : before) text += "- " + std::string(old);
  for (const std::string_view made : after) text += "+ " + std::string(made);
  return text;
}

inline void expect_golden(const std::string& name, const std::string& now) {
  const std::string path = TCPSTATED_SOURCE_DIR "/tests/golden/" + name;
  if (const char* const update = std::getenv("TCPSTATED_UPDATE_GOLDEN");
      update != nullptr && update == std::string_view("1")) {
    std::ofstream(path, std::ios::binary) << now;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is not there";
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(golden == now)
      << "tests/golden/" << name << " differs " << difference(golden, now)
      << "TCPSTATED_UPDATE_GOLDEN=1 takes it over.";
}

}  // namespace tcpstated
