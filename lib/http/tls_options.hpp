// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What TLS of this server is to be like. Values only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstated {

/// Go's tls.ClientAuthType.
enum class ClientAuth : std::uint8_t {
  NoClientCert,
  RequestClientCert,           ///< a certificate is asked for, any will do
  RequireAnyClientCert,        ///< one must be given, any will do
  VerifyClientCertIfGiven,     ///< none, or one of the client CA
  RequireAndVerifyClientCert,  ///< one of the client CA
};

[[nodiscard]] constexpr bool verifies(ClientAuth type) {
  return type == ClientAuth::VerifyClientCertIfGiven ||
         type == ClientAuth::RequireAndVerifyClientCert;
}

[[nodiscard]] constexpr bool requires_certificate(ClientAuth type) {
  return type == ClientAuth::RequireAnyClientCert ||
         type == ClientAuth::RequireAndVerifyClientCert;
}

/// Nothing older is spoken (RFC 8996).
enum class TlsVersion : std::uint8_t { Tls12, Tls13 };

struct TlsOptions {
  std::string certificate;  ///< PEM, and the chain behind it
  std::string key;          ///< PEM
  std::string client_ca;    ///< PEM, one or many; "" if there is none
  ClientAuth client_auth = ClientAuth::NoClientCert;
  /// One of them must be a subject alternative name of the client's
  /// certificate, in full; empty: any.
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::Tls12;
  TlsVersion max_version = TlsVersion::Tls13;
  std::vector<std::string_view> ciphers;  ///< names of tls_ciphers(), or all
  bool prefer_server_ciphers = true;
  std::vector<std::string_view> curves;  ///< names of tls_curves(), or all
};

}  // namespace tcpstated
