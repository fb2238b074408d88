// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One table of every metric of the host and the daemon: name, type, help and
/// where its samples come from. The exposition, the documentation and the tests
/// read this table and no other.

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "api/daemon_info.hpp"
#include "base/log.hpp"
#include "engine/host_view.hpp"
#include "http/http_server.hpp"

namespace tcpstated {

/// Whether the configuration in use is the newest one.
struct ReloadState {
  bool successful = true;
  WallTime last_success;
};

/// Everything metrics are computed from. References are valid for the call.
struct MetricSource {
  const DaemonInfo& daemon;
  const HostView& view;
  const ProcessSelf& self;
  const Log& log;
  ReloadState reload;
  HttpStats http;
  std::size_t max_processes = 20;
};

/// Appends samples to one family.
class MetricSamples {
 public:
  MetricSamples(prometheus::MetricFamily& family) : family_(family) {}

  /// Labels must be printable() already: the format knows no other names.
  void add(double value,
           std::vector<prometheus::ClientMetric::Label> labels = {});
  /// `buckets`: upper bound and how many are not above it.
  void add_histogram(
      const std::vector<std::pair<double, std::uint64_t>>& buckets,
      std::uint64_t count, double sum,
      std::vector<prometheus::ClientMetric::Label> labels = {});

 private:
  prometheus::MetricFamily& family_;
};

/// The view that a metric comes from; without it there is no such family.
enum class MetricView : std::uint8_t { Any, Kernel, Packets };

struct MetricInfo {
  std::string_view name;
  prometheus::MetricType type;
  std::string_view help;  ///< without backslash or line end
  void (*collect)(const MetricSource& from, MetricSamples& into);
  bool exporter = false;  ///< dropped by --web.disable-exporter-metrics
  MetricView needs = MetricView::Any;
};

[[nodiscard]] std::span<const MetricInfo> metrics();

/// All families of the table, in its order; those of the host only once its
/// counts are known. At most kMaxSeries series.
inline constexpr std::size_t kMaxSeries = 1000;
[[nodiscard]] std::vector<prometheus::MetricFamily> collect_metrics(
    const MetricSource& from, bool exporter_metrics);

}  // namespace tcpstated
