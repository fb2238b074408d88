// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A certificate authority that lives for one test.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace tcpstated {

/// In PEM form.
struct PemPair {
  std::string certificate;
  std::string key;
};

class FakeAuthority {
 public:
  FakeAuthority() : key_(make_key()), certificate_(make("ca", "", nullptr)) {}

  [[nodiscard]] std::string certificate() const {
    return pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
  }

  /// `sans` as in openssl's configuration: "DNS:a,IP:127.0.0.1"; may be "".
  /// Valid from yesterday to `days` from now.
  [[nodiscard]] PemPair issue(const std::string& name, const std::string& sans,
                              int days = 1) const {
    const Key key = make_key();
    const Certificate made = make(name, sans, key.get(), days);
    return {pem([&](BIO* bio) { PEM_write_bio_X509(bio, made.get()); }),
            pem([&](BIO* bio) {
              PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0,
                                       nullptr, nullptr);
            })};
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&::X509_free)>;

  static Key make_key() { return {EVP_EC_gen("P-256"), &::EVP_PKEY_free}; }

  template <typename Write>
  static std::string pem(Write write) {
    const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(
        ::BIO_new(::BIO_s_mem()), &::BIO_free);
    write(bio.get());
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(length)};
  }

  /// Of the authority itself if there is no `key`.
  [[nodiscard]] Certificate make(const std::string& name,
                                 const std::string& sans, EVP_PKEY* key,
                                 int days = 1) const {
    constexpr long kDay = 24L * 3600;
    static long serial = 1;
    Certificate made(::X509_new(), &::X509_free);
    X509* const x509 = made.get();
    ::X509_set_version(x509, X509_VERSION_3);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(x509), serial++);
    ::X509_gmtime_adj(::X509_getm_notBefore(x509), -2 * kDay);
    ::X509_gmtime_adj(::X509_getm_notAfter(x509), days * kDay);
    ::X509_set_pubkey(x509, key != nullptr ? key : key_.get());
    ::X509_NAME_add_entry_by_txt(
        ::X509_get_subject_name(x509), "CN", MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    ::X509_set_issuer_name(
        x509,
        ::X509_get_subject_name(key != nullptr ? certificate_.get() : x509));
    if (key == nullptr) add(x509, NID_basic_constraints, "critical,CA:TRUE");
    if (!sans.empty()) add(x509, NID_subject_alt_name, sans);
    ::X509_sign(x509, key_.get(), ::EVP_sha256());
    return made;
  }

  static void add(X509* x509, int nid, const std::string& value) {
    X509_EXTENSION* const extension =
        ::X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    ::X509_add_ext(x509, extension, -1);
    ::X509_EXTENSION_free(extension);
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace tcpstated
