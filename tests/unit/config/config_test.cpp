// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// "line:column: message. Hint" of every problem, or "" if there is none.
std::string problems(std::string_view yaml) {
  const auto config = parse_config(yaml);
  if (config) return "";
  std::string lines;
  for (const ConfigProblem& problem : config.error())
    lines += to_string(problem, "f") + "\n";
  return lines;
}

/// The configuration in which `path` is `value` and nothing else is said.
std::string setting(std::string_view path, std::string_view value) {
  std::string yaml;
  std::string indent;
  for (const std::string_view key : split(path, '.')) {
    yaml += (yaml.empty() ? "" : "\n") + indent + std::string(key) + ":";
    indent += "  ";
  }
  return yaml + " " + std::string(value) + "\n";
}

const ConfigField& field(std::string_view path) {
  const auto fields = config_fields();
  return *std::ranges::find(fields, path, &ConfigField::path);
}

/// Reads `value` for `path`; what it is then, or "" if it was refused.
std::string read(std::string_view path, std::string_view value) {
  const auto config = parse_config(setting(path, value));
  return config ? field(path).write(*config) : "";
}

TEST(Config, AnEmptyFileIsTheDefaults) {
  const std::string defaults = format_config(Config{});
  for (const std::string_view yaml :
       {"", "# nothing\n", "leaks:\n", "leaks:\n  close_wait:\n", "web: ~\n"}) {
    const auto config = parse_config(yaml);
    ASSERT_TRUE(config) << yaml;
    EXPECT_EQ(format_config(*config), defaults) << yaml;
  }
}

TEST(Config, TheDefaultsAreThoseOfTheManual) {
  const auto config = parse_config("");
  EXPECT_EQ(config->capture.sock_diag.enabled, Enabled::Auto);
  EXPECT_EQ(config->capture.sock_diag.interval, 5s);
  EXPECT_EQ(config->capture.pcap.enabled, Enabled::False);
  EXPECT_TRUE(config->capture.pcap.interfaces.empty());
  EXPECT_EQ(config->capture.pcap.snapshot_length, 128U);
  EXPECT_EQ(config->capture.pcap.buffer_size, 8U << 20U);
  EXPECT_FALSE(config->capture.pcap.promiscuous);
  EXPECT_EQ(config->table.max_connections, 1'000'000U);
  EXPECT_EQ(config->leaks.threshold, 60s);
  EXPECT_EQ(config->leaks.half_close_grace, 15min);
  EXPECT_EQ(config->leaks.max_processes, 20U);
  EXPECT_EQ(config->http.detail_access, DetailAccess::Local);
  EXPECT_EQ(config->http.max_connections, 512U);
}

TEST(Config, EveryKeyIsReadIntoItsMember) {
  const auto config = parse_config(R"(
backends:
  sock_diag: {enabled: 'true', interval: 250ms}
  pcap:
    enabled: auto
    interfaces: [eth0, lo]
    snapshot_length: 256
    buffer_size: 16MB
    promiscuous: true
    local_addresses: [10.0.0.1, 2001:db8::/32]
attribution: {method: procfs}
table: {max_connections: 1000}
leaks:
  close_wait: {threshold: 1h30m, half_close_grace: 2d}
metrics: {max_processes: 7}
web: {detail_access: all, max_connections: 3}
)");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->capture.sock_diag.enabled, Enabled::True);
  EXPECT_EQ(config->capture.sock_diag.interval, 250ms);
  const PcapOptions& pcap = config->capture.pcap;
  EXPECT_EQ(pcap.enabled, Enabled::Auto);
  EXPECT_EQ(pcap.interfaces, (std::vector<std::string>{"eth0", "lo"}));
  EXPECT_EQ(pcap.snapshot_length, 256U);
  EXPECT_EQ(pcap.buffer_size, 16U << 20U);
  EXPECT_TRUE(pcap.promiscuous);
  EXPECT_EQ(pcap.local_addresses,
            (std::vector<IpPrefix>{*IpPrefix::parse("10.0.0.1"),
                                   *IpPrefix::parse("2001:db8::/32")}));
  EXPECT_EQ(config->attribution.method, AttributionMethod::Procfs);
  EXPECT_EQ(config->table.max_connections, 1000U);
  EXPECT_EQ(config->leaks.threshold, 90min);
  EXPECT_EQ(config->leaks.half_close_grace, 48h);
  EXPECT_EQ(config->leaks.max_processes, 7U);
  EXPECT_EQ(config->http.detail_access, DetailAccess::All);
  EXPECT_EQ(config->http.max_connections, 3U);
}

struct Bounds {
  std::string_view path;
  std::vector<std::string_view> good;
  std::vector<std::string_view> bad;
};

/// One entry per key: its least and greatest value, and those beside them.
const std::vector<Bounds> kBounds{
    {"backends.sock_diag.enabled",
     {"auto", "true", "false"},
     {"yes", "on", "True", "TRUE", "1", "''"}},
    {"backends.sock_diag.interval",
     {"100ms", "5m"},
     {"99ms", "5m1ns", "0", "5", "-1s", "1s1m"}},
    {"backends.ebpf.enabled", {"auto", "true", "false"}, {"yes", "1"}},
    {"backends.ebpf.reconcile_interval", {"1s", "1h"}, {"999ms", "2h", "0"}},
    {"backends.pcap.enabled", {"auto", "true", "false"}, {"yes", "''"}},
    {"backends.pcap.interfaces",
     {"[]", "[eth0]", "[eth0, br-1.5_x@a, lo]"},
     {"[eth0/1]", "[a b]", "[.]", "[..]", "[a234567890123456]", "['']",
      "['a,b']"}},
    {"backends.pcap.snapshot_length",
     {"96", "262144"},
     {"95", "262145", "128B"}},
    {"backends.pcap.buffer_size",
     {"1MB", "1GB", "1025KB"},
     {"1023KB", "1025MB", "2GB", "8", "8M", "MB", "-1MB", "1.5MB",
      "18446744073709551615GB"}},
    {"backends.pcap.promiscuous", {"true", "false"}, {"yes", "1", "auto"}},
    {"backends.pcap.local_addresses",
     {"[]", "[10.0.0.1/32]", "[10.0.0.0/8, 2001:db8::/32]"},
     {"[10.0.0.300]", "[10.0.0.0/33]", "[eth0]", "['']"}},
    {"attribution.method",
     {"auto", "ebpf", "procfs", "off"},
     {"bpf", "no", "false"}},
    {"table.max_connections",
     {"1000", "100000000"},
     {"999", "100000001", "1e6", "0x1000", "1_000", "-1000",
      "18446744073709551616"}},
    {"packets.max_connections",
     {"1000", "100000000"},
     {"999", "100000001", "1M"}},
    {"packets.max_memory", {"1MB", "64GB"}, {"1023KB", "65GB", "8"}},
    {"packets.time_wait", {"1ms", "1d"}, {"999us", "1d1ns", "0", "5"}},
    {"packets.fin_wait_2", {"1ms", "1d"}, {"999us", "1d1ns", "0", "5"}},
    {"packets.syn_received", {"1ms", "1d"}, {"999us", "1d1ns", "0", "5"}},
    {"packets.syn_sent", {"1ms", "1d"}, {"999us", "1d1ns", "0", "5"}},
    {"packets.unacknowledged_fin", {"1ms", "1d"}, {"999us", "1d1ns", "0", "5"}},
    {"packets.presumption", {"1ms", "1d"}, {"999us", "1d1ns", "0", "5"}},
    {"packets.duplicate_window", {"1ms", "1d"}, {"999us", "1d1ns", "0", "5"}},
    {"leaks.close_wait.threshold", {"1s", "52w1d"}, {"999ms", "52w1d1s", "60"}},
    {"leaks.close_wait.half_close_grace",
     {"1s", "52w1d"},
     {"0s", "52w1d1ns", "1y"}},
    {"metrics.max_processes", {"1", "100"}, {"0", "101", "20.0", "1 0"}},
    {"web.detail_access", {"local", "all"}, {"authenticated", "ALL", "none"}},
    {"web.max_connections", {"1", "100000"}, {"0", "100001"}},
};

TEST(Config, EveryKeyTakesItsBoundsAndNothingBeyond) {
  std::set<std::string_view> checked;
  for (const Bounds& bounds : kBounds) {
    checked.insert(bounds.path);
    for (const std::string_view good : bounds.good)
      EXPECT_EQ(read(bounds.path, good), good) << bounds.path;
    for (const std::string_view bad : bounds.bad) {
      const auto config = parse_config(setting(bounds.path, bad));
      ASSERT_FALSE(config) << bounds.path << " took " << bad;
      EXPECT_TRUE(config.error().at(0).message.ends_with(
          "is not " + std::string(field(bounds.path).expects)))
          << config.error().at(0).message;
    }
  }
  EXPECT_EQ(checked.size(), config_fields().size()) << "a key without bounds";
}

TEST(Config, ALeadingZeroIsNotOctal) {
  EXPECT_EQ(read("metrics.max_processes", "010"), "10");
}

TEST(Config, QuotedNumbersAreNumbers) {
  EXPECT_EQ(read("metrics.max_processes", "'10'"), "10");
}

TEST(Config, ABadValueHasItsPlace) {
  EXPECT_EQ(problems("leaks:\n  close_wait:\n    threshold:  5 minutes\n"),
            "f:3:17: leaks.close_wait.threshold: '5 minutes' is not a duration "
            "from 1s to 365d\n");
}

TEST(Config, AMissingValueIsAProblem) {
  EXPECT_EQ(problems("metrics:\n  max_processes:\n"),
            "f:2:3: metrics.max_processes: has no value where a number from 1 "
            "to 100 is expected\n");
}

TEST(Config, AListOrKeysInThePlaceOfAValueAreProblems) {
  EXPECT_EQ(problems("metrics: {max_processes: [1]}\n"),
            "f:1:11: metrics.max_processes: has a list where a number from 1 "
            "to 100 is expected\n");
  EXPECT_EQ(problems("metrics: {max_processes: {a: 1}}\n"),
            "f:1:11: metrics.max_processes: has keys where a number from 1 to "
            "100 is expected\n");
}

TEST(Config, AListWantsAListOfPlainItems) {
  EXPECT_EQ(problems("backends: {pcap: {interfaces: eth0}}\n"),
            "f:1:31: backends.pcap.interfaces: 'eth0' is not a list of "
            "interface names\n");
  EXPECT_EQ(problems("backends: {pcap: {interfaces: [[eth0]]}}\n"),
            "f:1:19: backends.pcap.interfaces: has a list where a list of "
            "interface names is expected\n");
  EXPECT_EQ(problems("backends: {pcap: {interfaces: [eth0, a/b]}}\n"),
            "f:1:31: backends.pcap.interfaces: '[eth0, a/b]' is not a list of "
            "interface names\n");
}

TEST(Config, AValueInThePlaceOfASectionIsAProblem) {
  EXPECT_EQ(problems("leaks:\n  close_wait: 60s\n"),
            "f:2:15: leaks.close_wait: this is a section with the keys "
            "threshold, half_close_grace\n");
  EXPECT_EQ(problems("- leaks\n"),
            "f:1:1: the file is a section with the keys backends, attribution, "
            "table, packets, leaks, metrics, web\n");
}

TEST(Config, AnUnknownKeyIsAProblemWithAGuess) {
  EXPECT_EQ(problems("leaks:\n  close_wait:\n    treshold: 60s\n"),
            "f:3:5: leaks.close_wait.treshold: unknown key. Did you mean "
            "'threshold'?\n");
}

TEST(Config, AnUnknownKeyLikeNoOtherIsToldTheKeys) {
  EXPECT_EQ(problems("web:\n  tls_server_config: {}\n"),
            "f:2:3: web.tls_server_config: unknown key. The keys here are "
            "detail_access, max_connections.\n");
}

TEST(Config, MergeKeysAreUnknown) {
  EXPECT_EQ(problems("web:\n  <<: {detail_access: all}\n"),
            "f:2:3: web.<<: unknown key. The keys here are detail_access, "
            "max_connections.\n");
}

/// "a.b: 1" beside "a: {b: 2}" would be a duplicate that nobody sees.
TEST(Config, AKeyWithADotIsUnknown) {
  EXPECT_NE(problems("leaks.close_wait.threshold: 5s\n"), "");
  EXPECT_NE(problems("leaks:\n  close_wait.threshold: 5s\n"), "");
  EXPECT_NE(problems("leaks.close_wait:\n  threshold: 5s\n"), "");
}

TEST(Config, AnEmptyKeyIsUnknown) {
  EXPECT_NE(problems("'':\n  leaks: {close_wait: {threshold: 5s}}\n"), "");
  EXPECT_NE(problems("leaks:\n  '': {close_wait: {threshold: 5s}}\n"), "");
}

TEST(Config, EveryProblemIsReportedInTheOrderOfTheFile) {
  EXPECT_EQ(problems("web:\n"
                     "  detail_access: some\n"
                     "  max_conections: 1\n"
                     "metrics: 5\n"
                     "x: 1\n"),
            "f:2:18: web.detail_access: 'some' is not local or all\n"
            "f:3:3: web.max_conections: unknown key. Did you mean "
            "'max_connections'?\n"
            "f:4:10: metrics: this is a section with the keys max_processes\n"
            "f:5:1: x: unknown key. The keys here are backends, attribution, "
            "table, packets, leaks, metrics, web.\n");
}

TEST(Config, AHostileKeyIsShownHarmlessly) {
  const auto config = parse_config("\"\\e[2J\\u202e\\n\": 1\n");
  ASSERT_FALSE(config);
  EXPECT_TRUE(config.error().at(0).message.starts_with(
      R"(\x1b[2J\u{202e}\x0a: unknown key)"))
      << config.error().at(0).message;
}

TEST(Config, WhatIsPrintedIsReadBack) {
  Config config;
  config.capture.sock_diag = {.enabled = Enabled::False, .interval = 1500ms};
  config.capture.pcap = {.enabled = Enabled::True,
                         .interfaces = {"eth0", "lo"},
                         .snapshot_length = 200,
                         .buffer_size = 3U << 20U,
                         .promiscuous = true,
                         .local_addresses = {*IpPrefix::parse("10.0.0.0/8"),
                                             *IpPrefix::parse("::1")}};
  config.attribution.method = AttributionMethod::Off;
  config.capture.ebpf.enabled = Enabled::False;
  config.capture.ebpf.reconcile_interval = 90s;
  config.table.max_connections = 12345;
  config.model = {.presumption = 111ms,
                  .time_wait = 4min,
                  .fin_wait_2 = 61s,
                  .syn_received = 62s,
                  .syn_sent = 64s,
                  .unacknowledged_fin = 65s,
                  .duplicate_window = 2ms,
                  .max_connections = 5000,
                  .max_bytes = 3U << 20U};
  config.leaks.threshold = 26h;
  config.leaks.half_close_grace = 61s;
  config.leaks.max_processes = 99;
  config.http.detail_access = DetailAccess::All;
  config.http.max_connections = 77;
  const auto again = parse_config(format_config(config));
  ASSERT_TRUE(again) << problems(format_config(config));
  for (const ConfigField& key : config_fields()) {
    EXPECT_EQ(key.write(*again), key.write(config)) << key.path;
    EXPECT_NE(key.write(*again), key.write(Config{})) << key.path;
  }
}

TEST(Config, TheShippedFileIsTheDefaults) {
  std::ifstream file(TCPSTATED_SOURCE_DIR "/config/tcpstated.yml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, format_config(Config{}))
      << "make it anew: tcpstated --config.print > config/tcpstated.yml";
}

TEST(Config, EveryLineOfThePrintedFileFitsInEightyColumns) {
  const std::string text = format_config(Config{});
  for (const std::string_view line : split(text, '\n'))
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(Config, NamesTheKeysThatNeedARestart) {
  Config wanted;
  wanted.capture.sock_diag.interval = 1s;
  wanted.leaks.threshold = 5s;
  wanted.http.max_connections = 1;
  EXPECT_EQ(needs_restart(Config{}, wanted),
            (std::vector<std::string_view>{"backends.sock_diag.interval",
                                           "web.max_connections"}));
  EXPECT_TRUE(needs_restart(wanted, wanted).empty());
}

TEST(Config, AReloadTakesTheLiveKeysOnly) {
  Config wanted;
  wanted.capture.sock_diag.interval = 1s;
  wanted.leaks = {.threshold = 5s, .half_close_grace = 6s, .max_processes = 7};
  wanted.http.detail_access = DetailAccess::All;
  wanted.http.max_connections = 1;
  const Config now = with_live_fields(Config{}, wanted);
  EXPECT_EQ(now.capture.sock_diag.interval, 5s);
  EXPECT_EQ(now.http.max_connections, 512U);
  EXPECT_EQ(now.leaks.threshold, 5s);
  EXPECT_EQ(now.leaks.half_close_grace, 6s);
  EXPECT_EQ(now.leaks.max_processes, 7U);
  EXPECT_EQ(now.http.detail_access, DetailAccess::All);
}

TEST(ConfigFields, ARefusedTextLeavesTheConfigurationAlone) {
  for (const ConfigField& key : config_fields()) {
    Config config;
    EXPECT_FALSE(key.read("\x01nonsense", config)) << key.path;
    EXPECT_EQ(format_config(config), format_config(Config{})) << key.path;
  }
}

TEST(ConfigFields, SectionsStandTogether) {
  std::set<std::string> closed;
  std::string open;
  for (const ConfigField& key : config_fields()) {
    const std::string section(key.path.substr(0, key.path.rfind('.')));
    if (section == open) continue;
    EXPECT_TRUE(closed.insert(open).second) << open;
    EXPECT_FALSE(closed.contains(section)) << section;
    open = section;
  }
}

}  // namespace
}  // namespace tcpstated
