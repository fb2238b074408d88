// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A certificate with its rules, ready for connections: OpenSSL's SSL_CTX.

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "http/tls_options.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace tcpstated {

/// Which of the options is wrong.
enum class TlsPart : std::uint8_t { Certificate, Key, ClientCa, Settings };

struct TlsProblem {
  TlsPart part = TlsPart::Settings;
  std::string message;  ///< "it has no certificate in PEM form"
};

/// Immutable: new options make a new one, which new connections use. No session
/// is resumed, so every connection shows its certificate anew.
class TlsContext {
 public:
  using Made = std::expected<std::shared_ptr<const TlsContext>, TlsProblem>;

  [[nodiscard]] static Made make(const TlsOptions& options);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  /// Server side; the caller's. nullptr without memory. Must not outlive this.
  [[nodiscard]] ssl_st* new_session() const;
  /// After the handshake: whether the client showed a certificate of the
  /// client CA. One that nobody verified says nothing.
  [[nodiscard]] bool has_verified_client(const ssl_st* session) const;

 private:
  struct Builder;
  explicit TlsContext(const TlsOptions& options);

  ssl_ctx_st* context_;
  ClientAuth client_auth_;
  std::vector<std::string> client_allowed_sans_;
};

}  // namespace tcpstated
