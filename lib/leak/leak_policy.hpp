// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every knob of leak detection. Config only names these.

#include <cstddef>

#include "base/time.hpp"

namespace tcpstated {

struct LeakPolicy {
  /// A CLOSE_WAIT younger than this is normal.
  Duration threshold = std::chrono::seconds(60);
  /// An application that sent something after the peer's FIN uses a half-close;
  /// silence this long ends the excuse.
  Duration half_close_grace = std::chrono::minutes(15);
  /// Leaked sockets whose known holders are checked again per evaluation.
  std::size_t max_inspections = 256;
  /// Processes named in the metrics; the others are summed up as "_other".
  std::size_t max_processes = 20;
};

}  // namespace tcpstated
