// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Counters and durations of the daemon's own HTTP requests, kept in a
/// prometheus-cpp registry.

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <vector>

#include "http/http_record.hpp"

namespace tcpstated {

/// Belongs to the I/O thread. Series exist per route, method and status: the
/// route table bounds them, whatever clients send.
class RequestMetrics {
 public:
  RequestMetrics();

  void add(const HttpRecord& record);
  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
};

}  // namespace tcpstated
