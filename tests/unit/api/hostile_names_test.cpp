// SPDX-License-Identifier: Apache-2.0
// Whatever a stranger calls a process, a unit or a host: pages stay text, JSON
// stays JSON, metrics stay metrics.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <regex>

#include "api/exposition.hpp"
#include "api/json_views.hpp"
#include "api/metrics.hpp"
#include "api/pages.hpp"
#include "base/strings.hpp"
#include "fakes/golden.hpp"
#include "unit/api/example_world.hpp"

namespace tcpstated {
namespace {

const std::map<std::string, std::string> kNames{
    {"Escapes", "\x1b[2J\"\n\\"},
    {"InvalidUtf8", "\xff\xc0\xaf\xed\xa0\x80"},
    {"Long", std::string(200, 'w')},
    {"Overrides", "\u202e\u2066gpj.exe\u2069\u200b\ufeff"},
    {"FormatCharacters", "{}%s%n{0}'`$(id)"},
    {"Label", R"(a",state="listen"} 1)"},
    {"C1", "\u009b2J\u0085x"},
};

/// Every page of a world in which everything has this name.
struct HostileNames : testing::TestWithParam<std::string> {
  const std::string& name = kNames.at(GetParam());
  ExampleWorld world = example_world(
      {.process = name, .unit = name, .host = name, .detail = name});

  std::vector<std::string> pages() const {
    return {
        overview_page(world.daemon, world.view, {}, "localhost"),
        status_page(world.daemon, world.view),
        leaks_page(world.view, {}, world.leaks),
        connections_page(world.page, "localhost/connections?after=1"),
        connection_page(world.page.rows[1], kNoon),
        listeners_page(world.view, world.owners),
        processes_page(world.processes),
    };
  }
  std::vector<std::string> documents() const {
    return {
        overview_json(world.daemon, world.view),
        status_json(world.daemon, world.view),
        leaks_json(world.view, world.leaks),
        connections_json(world.page, world.view),
        connection_json(world.page.rows[1], kNoon, world.view),
        listeners_json(world.view, world.owners),
        processes_json(world.processes, world.view),
    };
  }
  std::string metrics() const {
    const Log log({});
    return to_text_exposition(collect_metrics({.daemon = world.daemon,
                                               .view = world.view,
                                               .self = world.self,
                                               .log = log,
                                               .reload = {}},
                                              true));
  }
};

/// Nothing in it moves a cursor, hides or reorders text.
void expect_clean(const std::string& text) {
  for (std::string_view line : lines_of(text)) {
    ASSERT_TRUE(line.ends_with('\n')) << line;
    line.remove_suffix(1);
    EXPECT_EQ(printable(line, line.size()), line);
  }
}

TEST_P(HostileNames, PagesAreCleanText) {
  for (const std::string& page : pages()) expect_clean(page);
}

TEST_P(HostileNames, PagesHaveTheLinesTheyHaveForAnyName) {
  const ExampleWorld tame = example_world();
  EXPECT_EQ(lines_of(leaks_page(world.view, {}, world.leaks)).size(),
            lines_of(leaks_page(tame.view, {}, tame.leaks)).size());
  EXPECT_EQ(lines_of(processes_page(world.processes)).size(),
            lines_of(processes_page(tame.processes)).size());
}

TEST_P(HostileNames, JsonIsCleanJson) {
  for (const std::string& document : documents()) {
    expect_clean(document);
    boost::system::error_code error;
    (void)boost::json::parse(document, error);
    EXPECT_FALSE(error) << document;
  }
}

TEST_P(HostileNames, JsonSaysTheNameThatPagesShow) {
  const auto document =
      boost::json::parse(processes_json(world.processes, world.view));
  EXPECT_EQ(document.at("items").at(0).at("process").as_string(),
            printable(name));
}

TEST_P(HostileNames, MetricsAreCleanSamples) {
  static const std::regex kSample(
      R"re(([a-z_0-9]+)(\{([a-z_]+="([^"\\]|\\["\\n])*",?)+\})? [-+0-9.eInfNaN]+\n)re");
  const std::string text = metrics();
  expect_clean(text);
  for (const std::string_view line : lines_of(text))
    if (!line.starts_with('#')) {
      EXPECT_TRUE(std::regex_match(std::string(line), kSample)) << line;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, HostileNames,
                         testing::Values("Escapes", "InvalidUtf8", "Long",
                                         "Overrides", "FormatCharacters",
                                         "Label", "C1"),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace tcpstated
