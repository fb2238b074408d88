// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The configuration: the option structs of the rooms side by side, and one
/// table that names their members in YAML. A room owns its knobs, their
/// defaults and their meaning.

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/capture_options.hpp"
#include "config/yaml_document.hpp"
#include "http/http_options.hpp"
#include "kernel/attribution_options.hpp"
#include "leak/leak_policy.hpp"
#include "table/table_options.hpp"

namespace tcpstated {

struct Config {
  CaptureOptions capture;
  AttributionOptions attribution;
  TableOptions table;
  LeakPolicy leaks;
  HttpOptions http;
};

/// How a value is written where the format has types (JSON). A List is read and
/// written as "[a, b]".
enum class ConfigKind : std::uint8_t { Text, Number, List };

/// One key. Reading, printing, documentation, the file in config/ and reloading
/// all go by this table.
struct ConfigField {
  std::string_view path;  ///< "leaks.close_wait.threshold"
  ConfigKind kind = ConfigKind::Text;
  bool live = false;         ///< a reload applies it, not only a restart
  std::string_view expects;  ///< "a duration from 1s to 365d"
  std::string_view help;     ///< one line
  /// false, and `into` untouched, if `text` is not what the field expects.
  bool (*read)(std::string_view text, Config& into);
  std::string (*write)(const Config& from);
};

/// In the order in which they stand in the file; keys of one section together.
[[nodiscard]] std::span<const ConfigField> config_fields();

/// A configuration with any problem is no configuration; all problems are
/// reported at once, in the order of the file. An empty text is the defaults.
/// Pure; takes any bytes.
[[nodiscard]] std::expected<Config, std::vector<ConfigProblem>> parse_config(
    std::string_view yaml);

/// The whole configuration as a file with comments; parse_config() reads it
/// back. config/tcpstated.yml is this of a Config{}.
[[nodiscard]] std::string format_config(const Config& config);

/// Paths of the fields that differ and that only a restart applies.
[[nodiscard]] std::vector<std::string_view> needs_restart(const Config& running,
                                                          const Config& wanted);

/// `running` with every live field of `wanted`.
[[nodiscard]] Config with_live_fields(Config running, const Config& wanted);

}  // namespace tcpstated
