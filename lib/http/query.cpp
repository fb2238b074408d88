// SPDX-License-Identifier: Apache-2.0
#include "http/query.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::size_t kMaxItems = 100;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

/// `offset` is where `text` begins in what the client sent.
Result<std::string> decode(std::string_view text, bool plus_is_blank,
                           std::size_t offset) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += plus_is_blank && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto code = i + 3 <= text.size()
                          ? parse_number<unsigned>(text.substr(i + 1, 2), 16)
                          : std::nullopt;
    if (!code)
      return fail("'" + printable(text.substr(i, 3)) + "' at character " +
                  std::to_string(offset + i + 1) +
                  " is not % and two hexadecimal digits");
    plain += static_cast<char>(*code);
    i += 2;
  }
  if (!is_valid_utf8(plain) || has_control(plain))
    return fail("'" + printable(text) + "' at character " +
                std::to_string(offset + 1) +
                " is not UTF-8 text without control characters");
  return plain;
}

}  // namespace

Result<Query> parse_query(std::string_view text) {
  Query query;
  std::size_t offset = 0;
  for (const std::string_view piece : split(text, '&')) {
    const std::size_t begin = offset;
    offset += piece.size() + 1;
    if (piece.empty()) continue;
    if (query.size() == kMaxItems) return fail("more than 100 parameters");
    const std::size_t equals = std::min(piece.find('='), piece.size());
    auto name = decode(piece.substr(0, equals), true, begin);
    if (!name) return std::unexpected(name.error());
    const std::size_t value_begin = std::min(equals + 1, piece.size());
    auto value = decode(piece.substr(value_begin), true, begin + value_begin);
    if (!value) return std::unexpected(value.error());
    query.push_back({std::move(*name), std::move(*value)});
  }
  return query;
}

Result<std::string> decode_path(std::string_view text) {
  return decode(text, false, 0);
}

std::string encode_query_value(std::string_view text) {
  constexpr std::string_view kPlain = "-._~:/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool alphanumeric = (c >= '0' && c <= '9') ||
                              (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alphanumeric || kPlain.contains(c)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4U];
      encoded += kDigits[byte & 15U];
    }
  }
  return encoded;
}

const std::string* find_value(const Query& query, std::string_view name) {
  const std::string* found = nullptr;
  for (const QueryItem& item : query)
    if (item.name == name) found = &item.value;
  return found;
}

}  // namespace tcpstated
