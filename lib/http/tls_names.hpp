// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The names of ciphers, curves and the like in a web configuration, which are
/// those of Go's crypto/tls, and what OpenSSL calls the same.

#include <array>
#include <span>
#include <string_view>

#include "http/tls_options.hpp"

namespace tcpstated {

struct TlsCipher {
  std::string_view name;     ///< IANA: "TLS_AES_128_GCM_SHA256"
  std::string_view openssl;  ///< "ECDHE-RSA-AES128-GCM-SHA256"
  bool tls13 = false;        ///< a suite of TLS 1.3, and of nothing else
};

struct TlsCurve {
  std::string_view name;     ///< "CurveP256"
  std::string_view openssl;  ///< "P-256"
};

struct ClientAuthName {
  std::string_view name;
  ClientAuth value;
};

[[nodiscard]] std::span<const TlsCipher> tls_ciphers();
[[nodiscard]] std::span<const TlsCurve> tls_curves();

/// With the old spelling "RequireClientCert".
[[nodiscard]] std::span<const ClientAuthName> client_auth_names();

}  // namespace tcpstated
