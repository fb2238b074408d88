// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// YAML as far as a configuration needs it: mappings, sequences, scalars, all
/// with their positions. What yaml-cpp accepts silently although nobody means
/// it (duplicate keys, anchors, tags, further documents) is a problem here.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstated {

/// Something wrong with a configuration file, and where.
struct ConfigProblem {
  int line = 1;
  int column = 1;
  std::string message;  ///< "leaks.threshold: unknown key"
  std::string hint;     ///< "Did you mean 'close_wait'?", or ""

  bool operator==(const ConfigProblem&) const = default;
};

/// "file:line:column: message. Hint"
[[nodiscard]] std::string to_string(const ConfigProblem& problem,
                                    std::string_view file);

struct YamlEntry;

struct YamlNode {
  enum class Kind : std::uint8_t { Null, Scalar, Map, Sequence };

  Kind kind = Kind::Null;
  int line = 1;
  int column = 1;
  std::string text;                ///< Scalar: as written, without its quotes
  std::vector<YamlEntry> entries;  ///< Map
  std::vector<YamlNode> items;     ///< Sequence
};

struct YamlEntry {
  std::string key;
  int line = 1;
  int column = 1;
  YamlNode value;
};

/// Larger texts are refused unread.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1024} * 1024;

/// The one document of `text` (Null if it is empty), or every problem that its
/// form has. Pure; takes any bytes.
[[nodiscard]] std::expected<YamlNode, std::vector<ConfigProblem>> parse_yaml(
    std::string_view text);

}  // namespace tcpstated
