// SPDX-License-Identifier: Apache-2.0
#include "daemon/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

using Values = std::vector<std::string>;

template <std::size_t N>
std::optional<std::size_t> index_of(
    const std::array<std::string_view, N>& labels, const std::string& text) {
  const auto found = std::ranges::find(labels, text);
  if (found == labels.end()) return std::nullopt;
  return static_cast<std::size_t>(found - labels.begin());
}

constexpr std::array kFlags{
    Flag{"--config.file", "FILE", "/etc/tcpstated/tcpstated.yml",
         "Configuration; the default one may be absent.", false,
         [](const Values& values, CommandLine& into) {
           into.config_file = values.front();
           into.config_file_given = true;
           return true;
         }},
    Flag{"--config.check", "", "",
         "Check the configuration and exit: 0 good, 2 bad.", false,
         [](const Values&, CommandLine& into) {
           into.action = Action::CheckConfig;
           return true;
         }},
    Flag{"--config.print", "", "",
         "Print the effective configuration and exit.", false,
         [](const Values&, CommandLine& into) {
           into.action = Action::PrintConfig;
           return true;
         }},
    Flag{"--web.listen-address", "ADDRESS", ":19293",
         "HOST:PORT, :PORT or unix:/path to serve on.", true,
         [](const Values& values, CommandLine& into) {
           into.listen = values;
           return true;
         }},
    Flag{"--web.systemd-socket", "", "",
         "Serve on the sockets of a systemd .socket unit instead.", false,
         [](const Values&, CommandLine& into) {
           into.systemd_socket = true;
           return true;
         }},
    Flag{"--web.config.file", "FILE", "",
         "TLS, users, rate limit and headers, as all exporters have it.", false,
         [](const Values& values, CommandLine& into) {
           into.web_config_file = values.front();
           return !values.front().empty();
         }},
    Flag{"--web.external-url", "URL", "",
         "http or https URL clients use, for links; its path is the prefix.",
         false,
         [](const Values& values, CommandLine& into) {
           auto url = parse_external_url(values.front());
           if (url) into.external_url = std::move(*url);
           return url.has_value();
         }},
    Flag{"--web.route-prefix", "PATH", "",
         "Put before every path; by default the path of the external URL.",
         false,
         [](const Values& values, CommandLine& into) {
           auto prefix = parse_route_prefix(values.front());
           if (prefix) into.route_prefix = std::move(*prefix);
           return prefix.has_value();
         }},
    Flag{"--web.telemetry-path", "PATH", "/metrics",
         "Path of the metrics for Prometheus.", false,
         [](const Values& values, CommandLine& into) {
           into.api.telemetry_path = values.front();
           return values.front().starts_with('/') && values.front() != "/";
         }},
    Flag{"--web.max-requests", "NUMBER", "40",
         "Requests answered at once; more are told 503.", false,
         [](const Values& values, CommandLine& into) {
           const auto number = parse_number<std::size_t>(values.front());
           if (number) into.max_requests = *number;
           return number && *number > 0;
         }},
    Flag{"--web.disable-exporter-metrics", "", "",
         "Leave out process_* and tcpstated_http_*.", false,
         [](const Values&, CommandLine& into) {
           into.api.exporter_metrics = false;
           return true;
         }},
    Flag{"--web.enable-lifecycle", "", "", "Allow POST /-/reload and /-/quit.",
         false,
         [](const Values&, CommandLine& into) {
           into.api.lifecycle = true;
           return true;
         }},
    Flag{"--log.level", "LEVEL", "info", "debug, info, warn or error.", false,
         [](const Values& values, CommandLine& into) {
           const auto level = index_of(kLogLevelLabels, values.front());
           if (level) into.log_level = static_cast<LogLevel>(*level);
           return level.has_value();
         }},
    Flag{"--log.format", "FORMAT", "",
         "logfmt, json or journal (under systemd the default).", false,
         [](const Values& values, CommandLine& into) {
           into.log_format = values.front();
           return index_of(kLogFormatLabels, values.front()).has_value();
         }},
    Flag{"--capabilities.keep", "WHICH", "auto",
         "auto drops what is not needed after the start, all keeps.", false,
         [](const Values& values, CommandLine& into) {
           const auto keep = index_of(kKeepCapabilitiesLabels, values.front());
           if (keep)
             into.keep_capabilities = static_cast<KeepCapabilities>(*keep);
           return keep.has_value();
         }},
    Flag{"--read.pcap", "FILE", "",
         "Read a capture (- is standard input), print what it shows and exit.",
         true,
         [](const Values& values, CommandLine& into) {
           into.action = Action::ReadCaptures;
           into.reading.files = values;
           return true;
         }},
    Flag{"--local-address", "ADDRESS", "",
         "Address or prefix of the host a capture was made on.", true,
         [](const Values& values, CommandLine& into) {
           for (const std::string& text : values) {
             const auto prefix = IpPrefix::parse(text);
             if (!prefix) return false;
             into.reading.local.push_back(*prefix);
           }
           return true;
         }},
    Flag{"--output", "FORMAT", "table",
         "Of a capture: table, json, ndjson, csv or events.", false,
         [](const Values& values, CommandLine& into) {
           const auto format = index_of(kCaptureFormatLabels, values.front());
           if (format)
             into.reading.format = static_cast<CaptureFormat>(*format);
           return format.has_value();
         }},
};

/// Of a reading: they say nothing without --read.pcap.
constexpr std::array<std::string_view, 2> kReadingFlags{"--local-address",
                                                        "--output"};

std::string usage(const Flag& flag) {
  return flag.value.empty() ? std::string(flag.name)
                            : fmt::format("{}={}", flag.name, flag.value);
}

Farewell complain(std::string_view what) {
  return {.exit_code = 2,
          .text = fmt::format("tcpstated: {}\nTry: tcpstated --help\n", what)};
}

/// What CLI11 could not make sense of, with the flag that was meant.
std::string explain(const CLI::ParseError& error,
                    const std::vector<std::string>& arguments) {
  std::vector<std::string_view> known{"--help", "--version"};
  for (const Flag& flag : kFlags) known.push_back(flag.name);
  for (const std::string& argument : arguments) {
    const std::string_view name =
        std::string_view(argument).substr(0, argument.find('='));
    if (!name.starts_with('-') || std::ranges::find(known, name) != known.end())
      continue;
    const auto near = closest(name, known);
    return fmt::format("there is no flag '{}'{}", printable(name),
                       near ? fmt::format(", did you mean '{}'?", *near) : "");
  }
  return printable(error.what(), 512);
}

/// The values of every flag that was given.
using Given = std::array<Values, kFlags.size()>;

std::expected<CommandLine, Farewell> apply_given(
    const std::array<bool, kFlags.size()>& present, const Given& given) {
  CommandLine line;
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    if (!present[i]) continue;
    for (const std::string& value : given[i])
      if (value.starts_with('-') && value != "-")
        return std::unexpected(complain(
            fmt::format("'{}' stands where the value of {} is expected",
                        printable(value), kFlags[i].name)));
    if (!kFlags[i].apply(given[i], line))
      return std::unexpected(complain(
          fmt::format("'{}' does not fit {}: {}", printable(given[i].back()),
                      kFlags[i].name, kFlags[i].help)));
  }
  if (line.action == Action::ReadCaptures) return line;
  for (std::size_t i = 0; i < kFlags.size(); ++i)
    if (present[i] &&
        std::ranges::find(kReadingFlags, kFlags[i].name) != kReadingFlags.end())
      return std::unexpected(complain(fmt::format(
          "{} is about captures: give --read.pcap=FILE too", kFlags[i].name)));
  return line;
}

}  // namespace

std::span<const Flag> flags() { return kFlags; }

std::expected<CommandLine, Farewell> parse_command_line(
    int argc, const char* const* argv) {
  CLI::App app;
  app.set_help_flag();  // printed by help_text()
  const auto add_switch = [&](const std::string& name) {
    return app.add_flag(name)->disable_flag_override();  // no "--flag=false"
  };
  const auto* const help = add_switch("-h,--help");
  const auto* const version = add_switch("--version");
  Given given;
  std::array<CLI::Option*, kFlags.size()> options{};
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    const std::string name(kFlags[i].name);
    options[i] = kFlags[i].value.empty() ? add_switch(name)
                                         : app.add_option(name, given[i])
                                               ->expected(1)
                                               ->allow_extra_args(false);
    if (kFlags[i].repeatable)
      options[i]->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(
        complain(explain(error, {argv + std::min(argc, 1), argv + argc})));
  }
  if (help->count() > 0) return std::unexpected(Farewell{0, help_text()});
  if (version->count() > 0) return std::unexpected(Farewell{0, version_text()});
  std::array<bool, kFlags.size()> present{};
  for (std::size_t i = 0; i < kFlags.size(); ++i)
    present[i] = options[i]->count() > 0;
  return apply_given(present, given);
}

std::string help_text() {
  std::string text =
      "Usage: tcpstated [FLAG]...\n"
      "Knows the state of every TCP connection of this host, finds CLOSE_WAIT "
      "leaks\nand says why they exist and who holds them. Ask it: curl "
      "localhost:19293\n\n";
  const auto add = [&](std::string_view flag, std::string_view help) {
    text += fmt::format("  {}\n      {}\n", flag, help);
  };
  for (const Flag& flag : kFlags) {
    add(usage(flag) + (flag.repeatable ? " (repeatable)" : ""), flag.help);
    if (!flag.fallback.empty())
      text += fmt::format("      Default: {}\n", flag.fallback);
  }
  add("-h, --help", "Print this and exit.");
  add("--version", "Print the version and exit.");
  return text +
         "\nExit status: 0 after SIGTERM, 1 if it cannot run, 2 for a bad "
         "command line\nor configuration. SIGHUP loads the configuration "
         "anew.\n";
}

std::string version_text() {
  return fmt::format(
      "tcpstated, version {} (revision: {})\n  compiler: {}\n  platform: "
      "linux\n",
      TCPSTATED_VERSION, revision(), compiler_name());
}

std::string_view compiler_name() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string_view revision() { return TCPSTATED_REVISION; }

}  // namespace tcpstated
