// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// gzip (RFC 1952) of a whole body.

#include <optional>
#include <string>
#include <string_view>

namespace tcpstated {

/// Smaller bodies are not worth the effort.
inline constexpr std::size_t kMinGzipBytes = 1024;

/// nullopt if zlib has no memory: send the plain body then.
[[nodiscard]] std::optional<std::string> gzip(std::string_view plain);

}  // namespace tcpstated
