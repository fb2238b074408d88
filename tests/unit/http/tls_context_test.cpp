// SPDX-License-Identifier: Apache-2.0
#include "http/tls_context.hpp"

#include <gtest/gtest.h>

#include "fakes/certificates.hpp"
#include "http/client_certificate.hpp"
#include "http/tls_names.hpp"

namespace tcpstated {
namespace {

using Strings = std::vector<std::string>;

struct TlsContextTest : testing::Test {
  FakeAuthority authority;
  PemPair server = authority.issue("server", "DNS:localhost");

  TlsOptions options() const {
    return {.certificate = server.certificate, .key = server.key};
  }
  static std::string problem(const TlsOptions& options, TlsPart part) {
    const auto made = TlsContext::make(options);
    if (made) return "";
    EXPECT_EQ(made.error().part, part) << made.error().message;
    return made.error().message;
  }
};

TEST_F(TlsContextTest, IsMadeOfACertificateAndItsKey) {
  const auto made = TlsContext::make(options());
  ASSERT_TRUE(made) << made.error().message;
}

TEST_F(TlsContextTest, TakesEveryNameOfTheTables) {
  TlsOptions all = options();
  for (const TlsCipher& cipher : tls_ciphers())
    all.ciphers.push_back(cipher.name);
  for (const TlsCurve& curve : tls_curves()) all.curves.push_back(curve.name);
  EXPECT_TRUE(TlsContext::make(all));
  for (const TlsCipher& cipher : tls_ciphers()) {
    TlsOptions one = options();
    one.ciphers = {cipher.name};
    EXPECT_TRUE(TlsContext::make(one)) << cipher.name;
  }
}

TEST_F(TlsContextTest, CiphersOfTls13AloneLeaveNothingForTls12) {
  TlsOptions only13 = options();
  only13.ciphers = {"TLS_AES_128_GCM_SHA256"};
  only13.max_version = TlsVersion::Tls12;
  EXPECT_EQ(problem(only13, TlsPart::Settings), "no TLS version is left");
}

TEST_F(TlsContextTest, ATextWithoutACertificateIsRefused) {
  for (const char* text : {"", "junk",
                           "-----BEGIN CERTIFICATE-----\nAAAA\n"
                           "-----END CERTIFICATE-----\n"}) {
    TlsOptions bad = options();
    bad.certificate = text;
    EXPECT_EQ(problem(bad, TlsPart::Certificate),
              "it holds no readable certificate in PEM form")
        << text;
  }
}

TEST_F(TlsContextTest, AChainWithABrokenLinkIsRefused) {
  TlsOptions bad = options();
  bad.certificate +=
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_NE(problem(bad, TlsPart::Certificate), "");
}

TEST_F(TlsContextTest, AChainIsTaken) {
  TlsOptions chain = options();
  chain.certificate += authority.certificate();
  EXPECT_TRUE(TlsContext::make(chain));
}

TEST_F(TlsContextTest, TheKeyMustBeOneAndTheRightOne) {
  TlsOptions bad = options();
  bad.key = "junk";
  EXPECT_TRUE(problem(bad, TlsPart::Key).contains("no readable private key"));
  bad.key = authority.issue("other", "").key;
  EXPECT_EQ(problem(bad, TlsPart::Key), "it is not the key of the certificate");
}

TEST_F(TlsContextTest, AKeyWithAPassphraseAsksNobody) {
  TlsOptions bad = options();
  bad.key =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgwZkdxbZ0GfgICCAAw\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_TRUE(problem(bad, TlsPart::Key).contains("without a passphrase"));
}

TEST_F(TlsContextTest, AClientCaMustHoldACertificate) {
  TlsOptions bad = options();
  bad.client_auth = ClientAuth::RequireAndVerifyClientCert;
  bad.client_ca = "junk";
  EXPECT_NE(problem(bad, TlsPart::ClientCa), "");
  bad.client_ca = authority.certificate();
  EXPECT_TRUE(TlsContext::make(bad));
}

/// The subject alternative names of a certificate issued with `sans`.
Strings names_of(const std::string& sans) {
  const PemPair pair = FakeAuthority().issue("common.example", sans);
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(
      ::BIO_new_mem_buf(pair.certificate.data(),
                        static_cast<int>(pair.certificate.size())),
      &::BIO_free);
  const std::unique_ptr<X509, decltype(&::X509_free)> certificate(
      ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &::X509_free);
  return subject_alternative_names(certificate.get());
}

TEST(SubjectAlternativeNames, AreOfFourKinds) {
  EXPECT_EQ(names_of("DNS:a.example,IP:10.0.0.7,IP:2001:db8::1,"
                     "email:me@a.example,URI:spiffe://a/b"),
            (Strings{"a.example", "10.0.0.7", "2001:db8::1", "me@a.example",
                     "spiffe://a/b"}));
}

TEST(SubjectAlternativeNames, TheCommonNameIsNone) {
  EXPECT_EQ(names_of(""), Strings{});
}

TEST(AllowedSans, OneOfThemInFullIsEnough) {
  const Strings names{"a.example", "10.0.0.7", "2001:db8::1"};
  EXPECT_TRUE(is_allowed(names, Strings{"b.example", "a.example"}));
  EXPECT_TRUE(is_allowed(names, Strings{"10.0.0.7"}));
  EXPECT_TRUE(is_allowed(names, Strings{"2001:0DB8:0::1"}));
}

TEST(AllowedSans, APartOrAWildcardIsNot) {
  const Strings names{"a.example", "*.b.example"};
  for (const char* allowed :
       {".example", "example", "*.example", "A.example", "x.b.example", ""})
    EXPECT_FALSE(is_allowed(names, Strings{allowed})) << allowed;
  EXPECT_FALSE(is_allowed(names, Strings{}));
  EXPECT_FALSE(is_allowed(Strings{}, Strings{"a.example"}));
}

}  // namespace
}  // namespace tcpstated
