// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The configuration from disk.

#include <expected>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"

namespace tcpstated {

/// Only a regular file that root or this user owns and that others cannot write
/// is read: whoever writes it decides what the daemon says.
[[nodiscard]] Result<std::string> read_trusted_file(const std::string& path);

/// Reads and parses `path`, if it can be trusted. Each string of the failure is
/// a line for people: "path:line:column: message". If `may_be_absent`, no file
/// is the defaults.
[[nodiscard]] std::expected<Config, std::vector<std::string>> load_config(
    const std::string& path, bool may_be_absent);

}  // namespace tcpstated
