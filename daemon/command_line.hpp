// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The command line: one table of flags, parsed by CLI11. Help, manual and
/// completions go by the same table.

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_state.hpp"
#include "api/capture_output.hpp"
#include "base/log.hpp"
#include "daemon/privileges.hpp"
#include "http/external_url.hpp"
#include "tcp/endpoint.hpp"

namespace tcpstated {

enum class Action : std::uint8_t {
  Serve,
  CheckConfig,
  PrintConfig,
  ReadCaptures,
};

/// What to do with capture files.
struct CaptureReading {
  std::vector<std::string> files;  ///< "-": standard input
  std::vector<IpPrefix> local;     ///< whose ends we take to sit beside
  CaptureFormat format = CaptureFormat::Table;
};

struct CommandLine {
  Action action = Action::Serve;
  std::string config_file = "/etc/tcpstated/tcpstated.yml";
  bool config_file_given = false;  ///< then it must exist
  std::vector<std::string> listen{":19293"};
  bool systemd_socket = false;  ///< in place of `listen`
  std::string web_config_file;  ///< "": none
  ExternalUrl external_url;
  std::optional<std::string> route_prefix;  ///< none: that of external_url
  std::size_t max_requests = 40;
  ApiOptions api;
  LogLevel log_level = LogLevel::Info;
  std::string log_format;  ///< "": the journal if standard error is one
  KeepCapabilities keep_capabilities = KeepCapabilities::Auto;
  CaptureReading reading;
};

struct Flag {
  std::string_view name;      ///< "--config.file"
  std::string_view value;     ///< "FILE"; "" for a switch
  std::string_view fallback;  ///< the default, as text; "" if there is none
  std::string_view help;      ///< one line
  bool repeatable = false;
  /// false: `values` (none for a switch) are not what the flag expects.
  bool (*apply)(const std::vector<std::string>& values, CommandLine& into);
};

[[nodiscard]] std::span<const Flag> flags();

/// Why the program ends at once: help or version to print, or what is wrong.
struct Farewell {
  int exit_code = 0;  ///< 0: print on standard output; 2: on standard error
  std::string text;
};

[[nodiscard]] std::expected<CommandLine, Farewell> parse_command_line(
    int argc, const char* const* argv);

[[nodiscard]] std::string help_text();
[[nodiscard]] std::string version_text();

/// "g++ 12.2.0" and the revision the program was built from.
[[nodiscard]] std::string_view compiler_name();
[[nodiscard]] std::string_view revision();

}  // namespace tcpstated
