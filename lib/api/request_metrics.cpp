// SPDX-License-Identifier: Apache-2.0
#include "api/request_metrics.hpp"

#include <chrono>
#include <string>

namespace tcpstated {
namespace {

const prometheus::Histogram::BucketBoundaries kBuckets{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

}  // namespace

RequestMetrics::RequestMetrics()
    : requests_(prometheus::BuildCounter()
                    .Name("tcpstated_http_requests_total")
                    .Help("Number of HTTP requests.")
                    .Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("tcpstated_http_request_duration_seconds")
                     .Help("Duration of HTTP requests.")
                     .Register(registry_)) {}

void RequestMetrics::add(const HttpRecord& record) {
  const std::string handler(record.route.empty() ? "none" : record.route);
  requests_
      .Add({{"handler", handler},
            {"method",
             std::string(record.method.empty() ? "other" : record.method)},
            {"code", std::to_string(record.status)}})
      .Increment();
  durations_.Add({{"handler", handler}}, kBuckets)
      .Observe(std::chrono::duration<double>(record.took).count());
}

std::vector<prometheus::MetricFamily> RequestMetrics::collect() const {
  return registry_.Collect();
}

}  // namespace tcpstated
