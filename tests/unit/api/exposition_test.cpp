// SPDX-License-Identifier: Apache-2.0
#include "api/exposition.hpp"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "fakes/golden.hpp"

namespace tcpstated {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily gauge(double value, std::vector<ClientMetric::Label> labels = {},
                   std::string help = "Help.") {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return {"name", std::move(help), MetricType::Gauge, {metric}};
}

/// What stands behind "# TYPE name gauge\n".
std::string sample(const MetricFamily& family) {
  const std::string text = to_text_exposition({family});
  return text.substr(text.find(" gauge\n") + 7);
}

TEST(Exposition, AFamilyHasHelpTypeAndSamples) {
  EXPECT_EQ(to_text_exposition({gauge(3, {{"state", "listen"}, {"x", "y"}})}),
            "# HELP name Help.\n# TYPE name gauge\n"
            "name{state=\"listen\",x=\"y\"} 3\n");
}

TEST(Exposition, AFamilyWithoutSamplesIsLeftOut) {
  EXPECT_EQ(to_text_exposition({{"name", "Help.", MetricType::Gauge, {}}}), "");
}

TEST(Exposition, LabelValuesAreEscaped) {
  EXPECT_EQ(sample(gauge(1, {{"l", "a\\b\"c\nd"}})),
            "name{l=\"a\\\\b\\\"c\\nd\"} 1\n");
}

TEST(Exposition, HelpIsEscapedButForQuotes) {
  EXPECT_TRUE(to_text_exposition({gauge(1, {}, "a\\b\"c\nd")})
                  .starts_with("# HELP name a\\\\b\"c\\nd\n"));
}

TEST(Exposition, NumbersThatAreNone) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(sample(gauge(std::nan(""))), "name NaN\n");
  EXPECT_EQ(sample(gauge(kInfinity)), "name +Inf\n");
  EXPECT_EQ(sample(gauge(-kInfinity)), "name -Inf\n");
}

TEST(Exposition, CountsAreWrittenInFull) {
  EXPECT_EQ(sample(gauge(9007199254740991.0)), "name 9007199254740991\n");
  EXPECT_EQ(sample(gauge(-18)), "name -18\n");
  EXPECT_EQ(sample(gauge(0)), "name 0\n");
}

TEST(Exposition, OtherNumbersAreReadBackExactly) {
  for (const double value :
       {0.1, 1.0 / 3, 1e300, 5e-324, 9007199254740993.0, -2.5, 123456.789}) {
    const std::string text = sample(gauge(value));
    EXPECT_EQ(std::strtod(text.c_str() + 5, nullptr), value) << text;
  }
}

MetricFamily histogram(bool with_infinity) {
  ClientMetric metric;
  metric.label = {{"handler", "/leaks"}};
  metric.histogram.sample_count = 7;
  metric.histogram.sample_sum = 2.25;
  metric.histogram.bucket = {{2, 0.25}, {5, 1}};
  if (with_infinity)
    metric.histogram.bucket.push_back(
        {7, std::numeric_limits<double>::infinity()});
  return {"took_seconds", "Help.", MetricType::Histogram, {metric}};
}

TEST(Exposition, AHistogramEndsWithInfinityOnce) {
  const std::string text = to_text_exposition({histogram(true)});
  EXPECT_EQ(text, to_text_exposition({histogram(false)}));
  EXPECT_EQ(text,
            "# HELP took_seconds Help.\n# TYPE took_seconds histogram\n"
            "took_seconds_bucket{handler=\"/leaks\",le=\"0.25\"} 2\n"
            "took_seconds_bucket{handler=\"/leaks\",le=\"1\"} 5\n"
            "took_seconds_bucket{handler=\"/leaks\",le=\"+Inf\"} 7\n"
            "took_seconds_sum{handler=\"/leaks\"} 2.25\n"
            "took_seconds_count{handler=\"/leaks\"} 7\n");
}

/// The samples of a family may stand in any order.
std::vector<std::string_view> sorted(std::string_view text) {
  std::vector<std::string_view> lines = lines_of(text);
  std::ranges::sort(lines);
  return lines;
}

TEST(Exposition, AgreesWithPrometheusCppOnOrdinaryFamilies) {
  ClientMetric counter;
  counter.label = {{"code", "200"}, {"path", "a\\b\"c\nd"}};
  counter.counter.value = 12;
  ClientMetric half;
  half.counter.value = 0.5;
  const std::vector<MetricFamily> families{
      gauge(443, {{"state", "established"}}),
      {"requests_total", "Number.", MetricType::Counter, {counter, half}},
      histogram(true)};
  std::ostringstream oracle;
  prometheus::TextSerializer().Serialize(oracle, families);
  const std::string ours = to_text_exposition(families);
  const std::string theirs = oracle.str();
  EXPECT_EQ(sorted(ours), sorted(theirs));
}

}  // namespace
}  // namespace tcpstated
