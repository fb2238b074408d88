// SPDX-License-Identifier: Apache-2.0
#include "daemon/command_line.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

using Strings = std::vector<std::string>;

std::expected<CommandLine, Farewell> parse(const Strings& arguments) {
  std::vector<const char*> argv{"tcpstated"};
  for (const std::string& argument : arguments)
    argv.push_back(argument.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

CommandLine parsed(const Strings& arguments) {
  auto line = parse(arguments);
  EXPECT_TRUE(line) << line.error().text;
  return line ? *line : CommandLine{};
}

/// What is printed instead of serving; it must be a usage error.
std::string complaint(const Strings& arguments) {
  const auto line = parse(arguments);
  if (line) return "";
  EXPECT_EQ(line.error().exit_code, 2) << line.error().text;
  EXPECT_TRUE(line.error().text.starts_with("tcpstated: "));
  EXPECT_TRUE(line.error().text.ends_with("\nTry: tcpstated --help\n"));
  EXPECT_EQ(split(line.error().text, '\n').size(), 3U) << line.error().text;
  return line.error().text.substr(11, line.error().text.find('\n') - 11);
}

TEST(CommandLine, WithoutFlagsTheDefaultsServe) {
  const CommandLine line = parsed({});
  EXPECT_EQ(line.action, Action::Serve);
  EXPECT_EQ(line.config_file, "/etc/tcpstated/tcpstated.yml");
  EXPECT_FALSE(line.config_file_given);
  EXPECT_EQ(line.listen, Strings{":19293"});
  EXPECT_EQ(line.max_requests, 40U);
  EXPECT_EQ(line.api.telemetry_path, "/metrics");
  EXPECT_TRUE(line.api.exporter_metrics);
  EXPECT_FALSE(line.api.lifecycle);
  EXPECT_EQ(line.log_level, LogLevel::Info);
  EXPECT_EQ(line.log_format, "");
  EXPECT_EQ(line.keep_capabilities, KeepCapabilities::Auto);
}

TEST(CommandLine, TheHelpSaysTheDefaultsThatAreUsed) {
  for (const Flag& flag : flags()) {
    if (flag.fallback.empty()) continue;
    CommandLine line;
    line.listen.clear();
    EXPECT_TRUE(flag.apply({std::string(flag.fallback)}, line)) << flag.name;
    const CommandLine defaults;
    EXPECT_EQ(line.config_file, defaults.config_file);
    EXPECT_EQ(line.max_requests, defaults.max_requests);
    EXPECT_EQ(line.api.telemetry_path, defaults.api.telemetry_path);
    EXPECT_EQ(line.log_level, defaults.log_level);
    EXPECT_EQ(line.keep_capabilities, defaults.keep_capabilities);
    if (flag.repeatable) {
      EXPECT_EQ(line.listen, defaults.listen);
    }
  }
}

TEST(CommandLine, EveryFlagIsRead) {
  const CommandLine line = parsed(
      {"--config.file=/x.yml", "--web.listen-address=[::1]:1",
       "--web.telemetry-path=/m", "--web.max-requests=7",
       "--web.disable-exporter-metrics", "--web.enable-lifecycle",
       "--log.level=debug", "--log.format=json", "--capabilities.keep=all"});
  EXPECT_EQ(line.action, Action::Serve);
  EXPECT_EQ(line.config_file, "/x.yml");
  EXPECT_TRUE(line.config_file_given);
  EXPECT_EQ(line.listen, Strings{"[::1]:1"});
  EXPECT_EQ(line.api.telemetry_path, "/m");
  EXPECT_EQ(line.max_requests, 7U);
  EXPECT_FALSE(line.api.exporter_metrics);
  EXPECT_TRUE(line.api.lifecycle);
  EXPECT_EQ(line.log_level, LogLevel::Debug);
  EXPECT_EQ(line.log_format, "json");
  EXPECT_EQ(line.keep_capabilities, KeepCapabilities::All);
}

TEST(CommandLine, TheFlagsOfTheWebAreRead) {
  const CommandLine line = parsed(
      {"--web.config.file=/w.yml", "--web.systemd-socket",
       "--web.external-url=https://a.example/b/", "--web.route-prefix=/"});
  EXPECT_EQ(line.web_config_file, "/w.yml");
  EXPECT_TRUE(line.systemd_socket);
  EXPECT_EQ(line.external_url.text, "https://a.example/b");
  EXPECT_EQ(line.external_url.path, "/b");
  EXPECT_EQ(line.route_prefix, "") << "given, and empty";
  EXPECT_FALSE(parsed({}).route_prefix);
}

TEST(CommandLine, ABadUrlAndABadPrefixAreComplainedAbout) {
  EXPECT_TRUE(complaint({"--web.external-url=a.example"})
                  .contains("does not fit --web.external-url"));
  EXPECT_TRUE(complaint({"--web.route-prefix=a b"})
                  .contains("does not fit --web.route-prefix"));
}

TEST(CommandLine, ActionsAreRead) {
  EXPECT_EQ(parsed({"--config.check"}).action, Action::CheckConfig);
  EXPECT_EQ(parsed({"--config.print"}).action, Action::PrintConfig);
}

TEST(CommandLine, CapturesAreRepeatableAndMayBeStandardInput) {
  const CommandLine line = parsed(
      {"--read.pcap=a.pcap", "--read.pcap", "-", "--read.pcap=b.pcapng"});
  EXPECT_EQ(line.action, Action::ReadCaptures);
  EXPECT_EQ(line.reading.files, (Strings{"a.pcap", "-", "b.pcapng"}));
  EXPECT_TRUE(line.reading.local.empty());
  EXPECT_EQ(line.reading.format, CaptureFormat::Table);
}

TEST(CommandLine, LocalAddressesMayBePrefixesOfBothFamilies) {
  const CommandLine line = parsed({"--read.pcap=a", "--local-address=10.0.0.1",
                                   "--local-address=192.168.0.0/16",
                                   "--local-address", "2001:db8::1"});
  EXPECT_EQ(line.reading.local, (std::vector{*IpPrefix::parse("10.0.0.1"),
                                             *IpPrefix::parse("192.168.0.0/16"),
                                             *IpPrefix::parse("2001:db8::1")}));
}

TEST(CommandLine, EveryFormatOfACaptureIsRead) {
  for (std::size_t i = 0; i < kCaptureFormatLabels.size(); ++i)
    EXPECT_EQ(parsed({"--read.pcap=a",
                      "--output=" + std::string(kCaptureFormatLabels[i])})
                  .reading.format,
              static_cast<CaptureFormat>(i));
}

TEST(CommandLine, FlagsOfACaptureSayNothingWithoutOne) {
  EXPECT_EQ(complaint({"--output=json"}),
            "--output is about captures: give --read.pcap=FILE too");
  EXPECT_EQ(complaint({"--local-address=10.0.0.1"}),
            "--local-address is about captures: give --read.pcap=FILE too");
}

TEST(CommandLine, AValueMayBeAnArgumentOfItsOwn) {
  const CommandLine line = parsed({"--config.file", "/x.yml", "--log.level",
                                   "warn", "--web.enable-lifecycle"});
  EXPECT_EQ(line.config_file, "/x.yml");
  EXPECT_EQ(line.log_level, LogLevel::Warn);
  EXPECT_TRUE(line.api.lifecycle);
}

TEST(CommandLine, AddressesAreRepeatable) {
  EXPECT_EQ(parsed({"--web.listen-address=:1", "--web.listen-address",
                    "unix:/run/x.sock", "--web.listen-address=127.0.0.1:2"})
                .listen,
            (Strings{":1", "unix:/run/x.sock", "127.0.0.1:2"}));
}

TEST(CommandLine, OtherFlagsAreNot) {
  EXPECT_NE(complaint({"--config.file=a", "--config.file=b"}), "");
  EXPECT_NE(complaint({"--log.level=info", "--log.level", "warn"}), "");
}

TEST(CommandLine, ASwitchCannotBeSwitchedOff) {
  for (const Flag& flag : flags()) {
    if (!flag.value.empty()) continue;
    for (const std::string_view value : {"=false", "=0", "=x"})
      EXPECT_NE(complaint({std::string(flag.name) + std::string(value)}), "")
          << flag.name << value;
  }
  EXPECT_NE(complaint({"--version=x"}), "");
  EXPECT_NE(complaint({"--help=false"}), "");
}

TEST(CommandLine, AFlagWithoutItsValueIsAnError) {
  for (const Flag& flag : flags())
    if (!flag.value.empty()) {
      EXPECT_NE(complaint({std::string(flag.name)}), "") << flag.name;
      EXPECT_NE(complaint({std::string(flag.name), "--log.level=info"}), "")
          << flag.name;
    }
}

TEST(CommandLine, ABadValueSaysWhatTheFlagExpects) {
  EXPECT_EQ(complaint({"--log.level=loud"}),
            "'loud' does not fit --log.level: debug, info, warn or error.");
  EXPECT_EQ(complaint({"--web.max-requests=0"}),
            "'0' does not fit --web.max-requests: Requests answered at once; "
            "more are told 503.");
}

TEST(CommandLine, EveryFlagRefusesWhatItDoesNotExpect) {
  for (const std::string argument :
       {"--web.max-requests=-1", "--web.max-requests=4x",
        "--web.max-requests=99999999999999999999", "--web.telemetry-path=/",
        "--web.telemetry-path=metrics", "--log.format=xml",
        "--log.format=", "--log.level=", "--log.level=INFO",
        "--capabilities.keep=none", "--web.max-requests=", "--config.file=",
        "--web.listen-address=", "--read.pcap="})
    EXPECT_NE(complaint({argument}), "") << argument;
}

TEST(CommandLine, FlagsOfACaptureRefuseWhatTheyDoNotExpect) {
  for (const std::string argument :
       {"--local-address=web1", "--local-address=10.0.0.1:80",
        "--local-address=10.0.0.0/33", "--local-address=10.0.0",
        "--local-address=", "--output=xml", "--output=", "--output=JSON"})
    EXPECT_NE(complaint({"--read.pcap=a.pcap", argument}), "") << argument;
  EXPECT_NE(complaint({"--read.pcap=a", "--output=csv", "--output=json"}), "");
}

TEST(CommandLine, AnUnknownFlagIsAnErrorWithAGuess) {
  EXPECT_EQ(complaint({"--config.chek"}),
            "there is no flag '--config.chek', did you mean "
            "'--config.check'?");
  EXPECT_EQ(complaint({"--web.listen-adress=:1"}),
            "there is no flag '--web.listen-adress', did you mean "
            "'--web.listen-address'?");
  EXPECT_EQ(complaint({"--colour"}), "there is no flag '--colour'");
  EXPECT_EQ(complaint({"-x"}), "there is no flag '-x'");
}

TEST(CommandLine, ArgumentsThatAreNoFlagsAreErrors) {
  EXPECT_NE(complaint({"serve"}), "");
  EXPECT_NE(complaint({"--", "serve"}), "");
  EXPECT_NE(complaint({""}), "");
}

TEST(CommandLine, AHostileArgumentIsShownHarmlessly) {
  for (const std::string argument :
       {"--\x1b[2J\n", "\x1b[2J\n", "--log.level=\x1b[2J\n", "--\xff"}) {
    const std::string text = complaint({argument});
    EXPECT_NE(text, "");
    EXPECT_EQ(printable(text, text.size()), text);
  }
}

TEST(CommandLine, HelpAndVersionArePrintedAndAllIsWell) {
  for (const std::string flag : {"--help", "-h", "--version"}) {
    const auto line = parse({flag});
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().exit_code, 0);
    EXPECT_EQ(line.error().text,
              flag == "--version" ? version_text() : help_text());
  }
}

TEST(CommandLine, HelpIsGivenBesideOtherFlags) {
  EXPECT_EQ(parse({"--web.enable-lifecycle", "--help"}).error().text,
            help_text());
}

TEST(HelpText, FitsInEightyColumns) {
  for (const std::string_view line : split(help_text(), '\n'))
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(HelpText, NamesEveryFlag) {
  const std::string text = help_text();
  for (const Flag& flag : flags())
    EXPECT_TRUE(text.contains("  " + std::string(flag.name))) << flag.name;
  EXPECT_TRUE(text.contains("--help"));
  EXPECT_TRUE(text.contains("--version"));
}

TEST(VersionText, NamesVersionRevisionAndCompiler) {
  EXPECT_TRUE(version_text().starts_with("tcpstated, version " TCPSTATED_VERSION
                                         " (revision: "));
  EXPECT_TRUE(version_text().contains(compiler_name()));
}

TEST(Flags, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const Flag& flag : flags()) {
    EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
    EXPECT_TRUE(flag.name.starts_with("--")) << flag.name;
    EXPECT_TRUE(flag.help.ends_with('.')) << flag.name;
  }
}

}  // namespace
}  // namespace tcpstated
