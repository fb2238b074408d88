// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The configuration from disk.

#include <expected>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace tcpstated {

/// Reads and parses `path`. Each string of the failure is a line for people:
/// "path:line:column: message". If `may_be_absent`, no file is the defaults.
/// Only a regular file that root or this user owns and that others cannot write
/// is read: whoever writes it decides what the daemon says.
[[nodiscard]] std::expected<Config, std::vector<std::string>> load_config(
    const std::string& path, bool may_be_absent);

}  // namespace tcpstated
