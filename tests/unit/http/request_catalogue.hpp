// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Reads tests/data/http: requests with the answers they must get. The format
/// is told at the head of malformed.txt.

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/strings.hpp"

namespace tcpstated {

struct CatalogueCase {
  std::vector<unsigned> statuses;
  std::string name;
  std::string request;
};

/// "\r\n", "\x00", "\{3*ab}" as bytes.
inline std::string unescape(std::string_view text) {
  const auto bad = [&] {
    return std::runtime_error("bad escape in: " + std::string(text));
  };
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char kind = ++i < text.size() ? text[i] : '?';
    if (kind == 'x') {
      const auto code = parse_number<unsigned>(text.substr(i + 1, 2), 16);
      if (!code) throw bad();
      bytes += static_cast<char>(*code);
      i += 2;
    } else if (kind == '{') {
      const auto star = text.find('*', i);
      const auto end = text.find('}', i);
      if (star > end || end == text.npos) throw bad();
      const auto times =
          parse_number<std::size_t>(text.substr(i + 1, star - i - 1));
      const std::string piece = unescape(text.substr(star + 1, end - star - 1));
      for (std::size_t n = 0; n < times.value(); ++n) bytes += piece;
      i = end;
    } else if (const auto known = std::string_view("rnt\\").find(kind);
               known != std::string_view::npos) {
      bytes += "\r\n\t\\"[known];
    } else {
      throw bad();
    }
  }
  return bytes;
}

inline std::vector<CatalogueCase> read_catalogue(const std::string& file) {
  std::ifstream lines(TCPSTATED_SOURCE_DIR "/tests/data/http/" + file);
  std::vector<CatalogueCase> cases;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const auto fields = split(line, '\t');
    if (fields.size() != 3) throw std::runtime_error("not three: " + line);
    CatalogueCase& read = cases.emplace_back();
    for (const std::string_view status : split_words(fields[0]))
      read.statuses.push_back(parse_number<unsigned>(status).value());
    read.name = fields[1];
    read.request = unescape(fields[2]);
  }
  return cases;
}

}  // namespace tcpstated
