// SPDX-License-Identifier: Apache-2.0
#include "http/basic_credentials.hpp"

#include <algorithm>
#include <cstdint>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Padding is required and the bits behind the last byte are 0: one text, one
/// spelling.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==")  ? 2
                              : text.ends_with('=') ? 1
                                                    : 0;
  text.remove_suffix(padding);
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == kAlphabet.npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<char>((bits >> held) & 0xffU));
    bits &= (1U << held) - 1;
  }
  if (bits != 0) return std::nullopt;
  return bytes;
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

}  // namespace

std::optional<BasicCredentials> parse_basic_credentials(
    std::string_view authorization) {
  const std::size_t blank = authorization.find(' ');
  if (blank == authorization.npos ||
      to_lower(authorization.substr(0, blank)) != "basic")
    return std::nullopt;
  const auto text = decode_base64(trim(authorization.substr(blank)));
  if (!text || has_control_character(*text)) return std::nullopt;
  const std::size_t colon = text->find(':');
  if (colon == text->npos) return std::nullopt;
  return BasicCredentials{.user = text->substr(0, colon),
                          .password = text->substr(colon + 1)};
}

}  // namespace tcpstated
