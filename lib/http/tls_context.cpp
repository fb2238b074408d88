// SPDX-License-Identifier: Apache-2.0
#include "http/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <new>
#include <string_view>

#include "http/client_certificate.hpp"
#include "http/tls_names.hpp"

namespace tcpstated {
namespace {

template <auto kFree>
struct Freeing {
  void operator()(auto* pointer) const { kFree(pointer); }
};
using Bio = std::unique_ptr<BIO, Freeing<::BIO_free>>;
using Certificate = std::unique_ptr<X509, Freeing<::X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freeing<::EVP_PKEY_free>>;

/// The words of OpenSSL's last error; the queue is empty then.
std::string openssl_reason() {
  const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  ::ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

std::unexpected<TlsProblem> fail_part(TlsPart part, std::string message) {
  return std::unexpected(TlsProblem{part, std::move(message)});
}

/// OpenSSL would ask the terminal.
int refuse_passphrase(char*, int, int, void*) { return -1; }

Bio reading(const std::string& text) {
  Bio bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

/// Every certificate of a PEM text; empty if one of them is broken.
std::vector<Certificate> read_certificates(const std::string& pem) {
  const Bio bio = reading(pem);
  std::vector<Certificate> all;
  while (Certificate one{
      ::PEM_read_bio_X509(bio.get(), nullptr, &refuse_passphrase, nullptr)})
    all.push_back(std::move(one));
  if (ERR_GET_REASON(::ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    all.clear();
  ::ERR_clear_error();
  return all;
}

int version_number(TlsVersion version) {
  return version == TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

/// What HTTP/1.1 is called (RFC 7301); a client that offers only others is
/// told that there is nothing for it.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned int offered_length,
                    void*) {
  constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned int at = 0; at < offered_length; at += offered[at] + 1U) {
    if (at + 1U + offered[at] > offered_length) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1),
                                offered[at]);
    if (name != kHttp11) continue;
    *chosen = offered + at + 1;
    *length = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

/// Puts the options into the SSL_CTX, one at a time.
struct TlsContext::Builder {
  const TlsOptions& options;
  TlsContext& made;

  using Step = std::expected<void, TlsProblem>;

  Step set_versions() {
    const bool any12 = options.ciphers.empty() ||
                       std::ranges::any_of(chosen(), [](const TlsCipher& one) {
                         return !one.tls13;
                       });
    const TlsVersion least = any12 ? options.min_version : TlsVersion::Tls13;
    if (options.max_version < least)
      return fail_part(TlsPart::Settings, "no TLS version is left");
    ::SSL_CTX_set_min_proto_version(made.context_, version_number(least));
    ::SSL_CTX_set_max_proto_version(made.context_,
                                    version_number(options.max_version));
    return {};
  }

  Step set_ciphers() {
    const std::string tls12 = names(false);
    const std::string tls13 = names(true);
    if ((!tls12.empty() &&
         ::SSL_CTX_set_cipher_list(made.context_, tls12.c_str()) != 1) ||
        (!tls13.empty() &&
         ::SSL_CTX_set_ciphersuites(made.context_, tls13.c_str()) != 1))
      return fail_part(TlsPart::Settings, "ciphers: " + openssl_reason());
    std::string groups;
    for (const TlsCurve& curve : tls_curves_in_order())
      groups += (groups.empty() ? "" : ":") + std::string(curve.openssl);
    if (!groups.empty() &&
        ::SSL_CTX_set1_groups_list(made.context_, groups.c_str()) != 1)
      return fail_part(TlsPart::Settings, "curves: " + openssl_reason());
    return {};
  }

  Step set_certificate() {
    auto chain = read_certificates(options.certificate);
    if (chain.empty())
      return fail_part(TlsPart::Certificate,
                       "it holds no readable certificate in PEM form");
    if (::SSL_CTX_use_certificate(made.context_, chain.front().get()) != 1)
      return fail_part(TlsPart::Certificate, openssl_reason());
    for (auto rest = chain.begin() + 1; rest != chain.end(); ++rest)
      if (::SSL_CTX_add1_chain_cert(made.context_, rest->get()) != 1)
        return fail_part(TlsPart::Certificate, openssl_reason());
    return {};
  }

  Step set_key() {
    const PrivateKey key(::PEM_read_bio_PrivateKey(
        reading(options.key).get(), nullptr, &refuse_passphrase, nullptr));
    ::ERR_clear_error();
    if (!key)
      return fail_part(TlsPart::Key,
                       "it holds no readable private key in PEM form without "
                       "a passphrase");
    if (::SSL_CTX_use_PrivateKey(made.context_, key.get()) != 1 ||
        ::SSL_CTX_check_private_key(made.context_) != 1) {
      ::ERR_clear_error();
      return fail_part(TlsPart::Key, "it is not the key of the certificate");
    }
    return {};
  }

  Step set_client_ca() {
    if (options.client_ca.empty()) return {};
    const auto authorities = read_certificates(options.client_ca);
    if (authorities.empty())
      return fail_part(TlsPart::ClientCa,
                       "it holds no readable certificate in PEM form");
    X509_STORE* const store = ::SSL_CTX_get_cert_store(made.context_);
    for (const Certificate& one : authorities)
      if (::X509_STORE_add_cert(store, one.get()) != 1 ||
          ::SSL_CTX_add_client_CA(made.context_, one.get()) != 1)
        return fail_part(TlsPart::ClientCa, openssl_reason());
    // As in Go, whatever is in the file is trusted, self-signed or not.
    ::X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return {};
  }

  Step set_client_auth() {
    int mode = SSL_VERIFY_NONE;
    if (options.client_auth != ClientAuth::NoClientCert) mode = SSL_VERIFY_PEER;
    if (requires_certificate(options.client_auth))
      mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    ::SSL_CTX_set_verify(made.context_, mode, nullptr);
    ::SSL_CTX_set_cert_verify_callback(made.context_, &check_client, &made);
    return {};
  }

 private:
  /// In place of OpenSSL's own check, of a certificate that was given.
  static int check_client(X509_STORE_CTX* store, void* argument) {
    const auto& self = *static_cast<const TlsContext*>(argument);
    if (verifies(self.client_auth_) && ::X509_verify_cert(store) != 1) return 0;
    if (self.client_allowed_sans_.empty()) return 1;
    if (is_allowed(subject_alternative_names(::X509_STORE_CTX_get0_cert(store)),
                   self.client_allowed_sans_))
      return 1;
    ::X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
  }

  /// In the order of the options.
  [[nodiscard]] std::vector<TlsCipher> chosen() const {
    std::vector<TlsCipher> all;
    for (const std::string_view name : options.ciphers)
      std::ranges::copy_if(
          tls_ciphers(), std::back_inserter(all),
          [&](const TlsCipher& cipher) { return cipher.name == name; });
    return all;
  }
  [[nodiscard]] std::string names(bool tls13) const {
    std::string list;
    for (const TlsCipher& cipher : chosen())
      if (cipher.tls13 == tls13)
        list += (list.empty() ? "" : ":") + std::string(cipher.openssl);
    return list;
  }
  [[nodiscard]] std::vector<TlsCurve> tls_curves_in_order() const {
    std::vector<TlsCurve> all;
    for (const std::string_view name : options.curves)
      std::ranges::copy_if(
          tls_curves(), std::back_inserter(all),
          [&](const TlsCurve& curve) { return curve.name == name; });
    return all;
  }
};

TlsContext::TlsContext(const TlsOptions& options)
    : context_(::SSL_CTX_new(::TLS_server_method())),
      client_auth_(options.client_auth),
      client_allowed_sans_(options.client_allowed_sans) {
  if (context_ == nullptr) throw std::bad_alloc();
  std::uint64_t wanted =
      SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET;
  if (options.prefer_server_ciphers) wanted |= SSL_OP_CIPHER_SERVER_PREFERENCE;
  ::SSL_CTX_set_options(context_, wanted);
  ::SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_num_tickets(context_, 0);
  ::SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                   SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_alpn_select_cb(context_, &choose_protocol, nullptr);
}

TlsContext::~TlsContext() { ::SSL_CTX_free(context_); }

TlsContext::Made TlsContext::make(const TlsOptions& options) {
  const std::shared_ptr<TlsContext> made(new TlsContext(options));
  Builder builder{options, *made};
  ::ERR_clear_error();
  for (const auto step : {&Builder::set_versions, &Builder::set_ciphers,
                          &Builder::set_certificate, &Builder::set_key,
                          &Builder::set_client_ca, &Builder::set_client_auth})
    if (const auto done = (builder.*step)(); !done)
      return std::unexpected(done.error());
  return made;
}

ssl_st* TlsContext::new_session() const { return ::SSL_new(context_); }

bool TlsContext::has_verified_client(const ssl_st* session) const {
  return verifies(client_auth_) &&
         ::SSL_get0_peer_certificate(session) != nullptr &&
         ::SSL_get_verify_result(session) == X509_V_OK;
}

}  // namespace tcpstated
