// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The one place that knows every backend. No self-registration: a name that is
/// not in this table does not exist, and the linker cannot drop one.

#include <memory>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "capture/capture_backend.hpp"
#include "capture/capture_options.hpp"

namespace tcpstated {

struct BackendInfo {
  std::string_view name;
  std::string_view summary;  ///< one line for people
  Enabled (*wanted)(const CaptureOptions&);
  /// Opens and probes: an Error says why it cannot work here.
  Result<std::unique_ptr<CaptureBackend>> (*open)(const CaptureOptions&);
};

/// In order of preference.
[[nodiscard]] std::span<const BackendInfo> backends();

}  // namespace tcpstated
