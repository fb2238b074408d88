// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Private to this room. Values of configuration fields as text and back. Each
/// read_...() is false, and `into` untouched, if the text is not one.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.hpp"

namespace tcpstated {

inline bool read_number(std::string_view text, std::size_t least,
                        std::size_t most, std::size_t& into) {
  const auto number = parse_number<std::size_t>(text);
  if (!number || *number < least || *number > most) return false;
  into = *number;
  return true;
}

/// "8MB": powers of 1024, as everywhere in Prometheus.
struct SizeUnit {
  std::string_view name;
  std::size_t bytes;
};
inline constexpr std::array kSizeUnits{
    SizeUnit{"GB", std::size_t{1} << 30U},
    SizeUnit{"MB", std::size_t{1} << 20U},
    SizeUnit{"KB", std::size_t{1} << 10U},
};

inline bool read_size(std::string_view text, std::size_t least,
                      std::size_t most, std::size_t& into) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    std::size_t count = 0;
    if (!read_number(text, 1, most / unit.bytes, count)) return false;
    if (count * unit.bytes < least) return false;
    into = count * unit.bytes;
    return true;
  }
  return false;
}

inline std::string write_size(std::size_t bytes) {
  const auto unit = std::ranges::find_if(
      kSizeUnits, [&](const SizeUnit& u) { return bytes % u.bytes == 0; });
  return std::to_string(bytes / unit->bytes) + std::string(unit->name);
}

/// "[a, b]"; each item as `read_item(text)` makes it, an optional.
template <typename T>
bool read_list(std::string_view text, auto read_item, std::vector<T>& into) {
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  text = trim(text.substr(1, text.size() - 2));
  std::vector<T> items;
  if (!text.empty()) {
    for (const std::string_view word : split(text, ',')) {
      auto item = read_item(trim(word));
      if (!item) return false;
      items.push_back(std::move(*item));
    }
  }
  into = std::move(items);
  return true;
}

std::string write_list(const auto& items, auto write_item) {
  std::string text;
  for (const auto& item : items)
    text += (text.empty() ? "" : ", ") + write_item(item);
  return "[" + text + "]";
}

/// What the kernel takes as one (dev_valid_name()), and YAML without quotes.
inline std::optional<std::string> read_interface(std::string_view name) {
  constexpr std::size_t kMost = 15;
  const bool good = !name.empty() && name.size() <= kMost && name != "." &&
                    name != ".." && std::ranges::all_of(name, [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                             c == '_' || c == '@';
                    });
  return good ? std::optional<std::string>(name) : std::nullopt;
}

inline bool read_bool(std::string_view text, bool& into) {
  if (text != "true" && text != "false") return false;
  into = text == "true";
  return true;
}

}  // namespace tcpstated
