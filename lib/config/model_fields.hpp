// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The keys of the passive state model. Private to this room.

#include <span>

#include "config/config.hpp"

namespace tcpstated {

[[nodiscard]] std::span<const ConfigField> model_fields();

}  // namespace tcpstated
