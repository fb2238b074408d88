// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every knob of the connection table. Config only names these.

#include <cstddef>

namespace tcpstated {

struct TableOptions {
  /// Rows kept; beyond it the least interesting row goes and is counted.
  std::size_t max_connections = 1'000'000;
};

}  // namespace tcpstated
