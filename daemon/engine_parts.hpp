// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Opens what the engine thread will own. Start-up only.

#include "base/error.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "daemon/privileges.hpp"
#include "engine/engine_thread.hpp"

namespace tcpstated {

/// What the engine thread will own, and what was found out on the way.
struct OpenedParts {
  EngineParts engine;
  KernelPrograms programs;
};

/// Opens every backend the configuration wants, in order of preference. One
/// that cannot work here is logged and left out, unless the configuration
/// insists on it (enabled: true) or none is left: then it is the Error.
[[nodiscard]] Result<OpenedParts> open_engine_parts(const Config& config,
                                                    Log& log);

}  // namespace tcpstated
