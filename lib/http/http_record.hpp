// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What is remembered of an answered request, for metrics.

#include <string_view>

#include "base/time.hpp"

namespace tcpstated {

struct HttpRecord {
  std::string_view route;   ///< path of the route, "" if there was none
  std::string_view method;  ///< "GET", "other", "" if it could not be read
  unsigned status = 0;
  Duration took{};  ///< from the complete head to the complete answer
};

}  // namespace tcpstated
