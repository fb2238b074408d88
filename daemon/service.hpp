// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The running daemon, from the first socket to the last.

#include "config/config.hpp"
#include "daemon/command_line.hpp"
#include "daemon/web_config_file.hpp"

namespace tcpstated {

/// `web` is what `web_file` says now. Runs until SIGTERM, SIGINT or POST
/// /-/quit. Returns the exit code: 0, or 1 if it could not start (then standard
/// error says why).
[[nodiscard]] int serve(const CommandLine& line, const Config& config,
                        WebConfigFile web_file, LoadedWeb web);

}  // namespace tcpstated
