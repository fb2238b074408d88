// SPDX-License-Identifier: Apache-2.0
#include "api/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace tcpstated {
namespace {

std::string_view type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    case prometheus::MetricType::Summary:
      return "summary";
    case prometheus::MetricType::Untyped:
      break;
  }
  return "untyped";
}

/// Writes the samples of one family after another into one string.
class Writer {
 public:
  void family(const prometheus::MetricFamily& family) {
    if (family.metric.empty()) return;
    text_ += "# HELP " + family.name + ' ';
    append_escaped(family.help, false);
    text_ += "\n# TYPE " + family.name + ' ';
    text_ += type_name(family.type);
    text_ += '\n';
    for (const prometheus::ClientMetric& metric : family.metric)
      samples(family, metric);
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void samples(const prometheus::MetricFamily& family,
               const prometheus::ClientMetric& metric) {
    switch (family.type) {
      case prometheus::MetricType::Counter:
        return sample(family.name, metric, metric.counter.value);
      case prometheus::MetricType::Gauge:
        return sample(family.name, metric, metric.gauge.value);
      case prometheus::MetricType::Histogram:
        return histogram(family.name, metric);
      default:
        return sample(family.name, metric, metric.untyped.value);
    }
  }

  void histogram(const std::string& name,
                 const prometheus::ClientMetric& metric) {
    const auto count = static_cast<double>(metric.histogram.sample_count);
    bool has_infinity = false;
    for (const auto& bucket : metric.histogram.bucket) {
      has_infinity = std::isinf(bucket.upper_bound);
      sample(name + "_bucket", metric,
             static_cast<double>(bucket.cumulative_count),
             number(bucket.upper_bound));
    }
    if (!has_infinity) sample(name + "_bucket", metric, count, "+Inf");
    sample(name + "_sum", metric, metric.histogram.sample_sum);
    sample(name + "_count", metric, count);
  }

  void sample(const std::string& name, const prometheus::ClientMetric& metric,
              double value, std::string_view upper_bound = {}) {
    text_ += name;
    char separator = '{';
    for (const auto& label : metric.label) {
      text_ += separator + label.name + "=\"";
      append_escaped(label.value, true);
      text_ += '"';
      separator = ',';
    }
    if (!upper_bound.empty()) {
      text_ += separator;
      text_ += "le=\"";
      text_ += upper_bound;
      text_ += '"';
      separator = ',';
    }
    if (separator == ',') text_ += '}';
    text_ += ' ';
    text_ += number(value);
    text_ += '\n';
  }

  void append_escaped(std::string_view raw, bool quotes) {
    for (const char c : raw) {
      if (c == '\\' || (quotes && c == '"')) text_ += '\\';
      if (c == '\n')
        text_ += "\\n";
      else
        text_ += c;
    }
  }

  static std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> digits{};
    // Counts below 2^53 read best without an exponent.
    const bool whole = value == std::floor(value) && std::abs(value) < 0x1p53;
    const auto end = whole ? std::to_chars(digits.begin(), digits.end(),
                                           static_cast<std::int64_t>(value))
                           : std::to_chars(digits.begin(), digits.end(), value);
    return {digits.data(), end.ptr};
  }

  std::string text_;
};

}  // namespace

std::string to_text_exposition(
    const std::vector<prometheus::MetricFamily>& families) {
  Writer writer;
  for (const prometheus::MetricFamily& family : families) writer.family(family);
  return writer.take();
}

}  // namespace tcpstated
