// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What the routes answer from. Owned by daemon/, belongs to the I/O thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/daemon_info.hpp"
#include "api/metrics.hpp"
#include "api/request_metrics.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "engine/engine_thread.hpp"
#include "engine/host_view.hpp"
#include "http/http_server.hpp"

namespace tcpstated {

/// Choices of the command line that the routes depend on.
struct ApiOptions {
  std::string telemetry_path = "/metrics";
  bool exporter_metrics = true;
  bool lifecycle = false;  ///< POST /-/reload and /-/quit exist
  /// Slow questions (listings, /proc) being answered at once; more get 503.
  std::size_t max_slow_questions = 8;
};

struct ApiState {
  const DaemonInfo& daemon;
  const Log& log;
  ApiOptions options;
  Config config;  ///< in use
  ReloadState reload;
  RequestMetrics requests;
  /// The newest; never null, not ready until the first sweep.
  std::shared_ptr<const HostView> view = std::make_shared<HostView>();
  std::size_t slow_questions = 0;

  // What the daemon lends. All outlive every request.
  EngineThread* engine = nullptr;
  /// Runs a task on the I/O thread; callable from any thread.
  std::function<void(std::move_only_function<void()>)> post;
  std::function<ProcessSelf()> read_self;
  std::function<HttpStats()> http_stats;
  /// Loads the configuration anew; an Error leaves the old one in use.
  std::function<Result<>()> reload_config;
  std::function<void()> quit;
};

}  // namespace tcpstated
