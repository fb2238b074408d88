// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Prometheus text format 0.0.4, written from prometheus-cpp's model.

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace tcpstated {

inline constexpr std::string_view kTextExpositionType =
    "text/plain; version=0.0.4; charset=utf-8";

/// Every family, sample by sample. Escapes label values (\ " and line ends) and
/// help texts (\ and line ends) as the format asks.
[[nodiscard]] std::string to_text_exposition(
    const std::vector<prometheus::MetricFamily>& families);

}  // namespace tcpstated
