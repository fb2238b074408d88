// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// `tcpstated --read.pcap`: captures in, a report out. Needs no privilege and
/// starts no thread.

#include "config/config.hpp"
#include "daemon/command_line.hpp"

namespace tcpstated {

/// The exit code: 0, or 1 if a file could not be read to its end; what was
/// read before is printed all the same.
int read_captures(const CommandLine& line, const Config& config);

}  // namespace tcpstated
