// SPDX-License-Identifier: Apache-2.0
#include "config/web_config.hpp"

#include <gtest/gtest.h>

#include "base/strings.hpp"
#include "http/tls_names.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

const std::string kHash =
    "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG";
const std::string kPair = "  cert_file: a.crt\n  key_file: a.key\n";

WebConfig read(const std::string& yaml) {
  auto config = parse_web_config(yaml);
  if (config) return *config;
  for (const ConfigProblem& problem : config.error())
    ADD_FAILURE() << to_string(problem, "web.yml");
  return {};
}

/// Every problem as a line.
std::vector<std::string> problems(const std::string& yaml) {
  std::vector<std::string> lines;
  if (const auto config = parse_web_config(yaml); !config)
    for (const ConfigProblem& problem : config.error())
      lines.push_back(to_string(problem, "w"));
  return lines;
}
using Lines = std::vector<std::string>;

TEST(WebConfig, AnEmptyFileIsPlainHttpForEverybody) {
  for (const char* yaml :
       {"", "# nothing\n",
        "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\n",
        "tls_server_config: {}\n"}) {
    const WebConfig config = read(yaml);
    EXPECT_FALSE(config.tls) << yaml;
    EXPECT_TRUE(config.users.empty());
    EXPECT_EQ(config.rate_limit.interval, 0s);
    EXPECT_TRUE(config.notes.empty());
  }
}

TEST(WebConfig, EveryDocumentedKeyOfTlsIsRead) {
  const WebConfig config =
      read("tls_server_config:\n" + kPair +
           "  client_auth_type: RequireAndVerifyClientCert\n"
           "  client_ca_file: ca.crt\n"
           "  client_allowed_sans: [client.example, 10.0.0.7]\n"
           "  min_version: TLS13\n  max_version: TLS13\n"
           "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n"
           "  prefer_server_cipher_suites: false\n"
           "  curve_preferences:\n  - CurveP384\n  - X25519\n");
  EXPECT_TRUE(config.tls);
  EXPECT_EQ(config.certificate.file, "a.crt");
  EXPECT_EQ(config.certificate.line, 2);
  EXPECT_EQ(config.certificate.column, 3);
  EXPECT_EQ(config.key.file, "a.key");
  EXPECT_EQ(config.client_ca.file, "ca.crt");
  const TlsOptions& tls = config.tls_options;
  EXPECT_EQ(tls.client_auth, ClientAuth::RequireAndVerifyClientCert);
  EXPECT_EQ(tls.client_allowed_sans, (Lines{"client.example", "10.0.0.7"}));
  EXPECT_EQ(tls.min_version, TlsVersion::Tls13);
  EXPECT_EQ(tls.max_version, TlsVersion::Tls13);
  EXPECT_EQ(tls.ciphers,
            (std::vector<std::string_view>{"TLS_AES_128_GCM_SHA256"}));
  EXPECT_FALSE(tls.prefer_server_ciphers);
  EXPECT_EQ(tls.curves, (std::vector<std::string_view>{"CurveP384", "X25519"}));
}

TEST(WebConfig, CertificatesMayStandInTheFile) {
  const WebConfig config = read(
      "tls_server_config:\n  cert: |\n    CERT\n    MORE\n  key: KEY\n"
      "  client_ca: CA\n  client_auth_type: VerifyClientCertIfGiven\n");
  EXPECT_EQ(config.certificate.text, "CERT\nMORE\n");
  EXPECT_EQ(config.key.text, "KEY");
  EXPECT_EQ(config.client_ca.text, "CA");
}

TEST(WebConfig, TheDefaultsOfTlsAreTheDocumentedOnes) {
  const TlsOptions tls = read("tls_server_config:\n" + kPair).tls_options;
  EXPECT_EQ(tls.client_auth, ClientAuth::NoClientCert);
  EXPECT_EQ(tls.min_version, TlsVersion::Tls12);
  EXPECT_EQ(tls.max_version, TlsVersion::Tls13);
  EXPECT_TRUE(tls.prefer_server_ciphers);
  EXPECT_TRUE(tls.ciphers.empty());
}

TEST(WebConfig, EveryNameOfATableIsRead) {
  for (const TlsCipher& cipher : tls_ciphers())
    read("tls_server_config:\n" + kPair + "  cipher_suites: [" +
         std::string(cipher.name) + "]\n");
  for (const TlsCurve& curve : tls_curves())
    read("tls_server_config:\n" + kPair + "  curve_preferences: [" +
         std::string(curve.name) + "]\n");
  for (const ClientAuthName& type : client_auth_names())
    read("tls_server_config:\n" + kPair +
         "  client_auth_type: " + std::string(type.name) +
         (verifies(type.value) ? "\n  client_ca: x\n" : "\n"));
}

TEST(WebConfig, EveryDocumentedKeyOfHttpIsRead) {
  const WebConfig config = read(
      "http_server_config:\n  http2: false\n  headers:\n"
      "    Content-Security-Policy: default-src 'self'\n"
      "    X-Frame-Options: sameorigin\n"
      "    X-Content-Type-Options: nosniff\n"
      "    X-XSS-Protection: 1; mode=block\n"
      "    Strict-Transport-Security: max-age=1\n");
  EXPECT_EQ(
      config.headers,
      (std::vector<WebHeader>{{"Content-Security-Policy", "default-src 'self'"},
                              {"X-Frame-Options", "sameorigin"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"X-XSS-Protection", "1; mode=block"},
                              {"Strict-Transport-Security", "max-age=1"}}));
  EXPECT_TRUE(config.notes.empty());
}

TEST(WebConfig, Http2IsNotedAndOtherwiseIgnored) {
  EXPECT_EQ(read("http_server_config:\n  http2: true\n").notes,
            (Lines{"http2: HTTP/1.1 is spoken instead"}));
}

TEST(WebConfig, ABlankHeaderIsNotSet) {
  EXPECT_TRUE(read("http_server_config:\n  headers:\n    X-Frame-Options: ''\n"
                   "    X-XSS-Protection:\n")
                  .headers.empty());
}

TEST(WebConfig, UsersAndTheRateLimitAreRead) {
  const WebConfig config =
      read("basic_auth_users:\n  alice: " + kHash + "\n  bob: '" + kHash +
           "'\nrate_limit:\n  interval: 1m30s\n  burst: 20\n");
  EXPECT_EQ(config.users, (WebUsers{{"alice", kHash}, {"bob", kHash}}));
  EXPECT_EQ(config.rate_limit, (RateLimit{.interval = 90s, .burst = 20}));
}

TEST(WebConfig, AnIntervalOfZeroIsNoLimit) {
  EXPECT_EQ(read("rate_limit: {interval: 0}").rate_limit.interval, 0s);
  EXPECT_EQ(read("rate_limit: {interval: 0s, burst: 5}").rate_limit.interval,
            0s);
}

TEST(WebConfig, AnOldLeastVersionIsRaisedAndNoted) {
  const WebConfig config =
      read("tls_server_config:\n" + kPair + "  min_version: TLS10\n");
  EXPECT_EQ(config.tls_options.min_version, TlsVersion::Tls12);
  EXPECT_EQ(config.notes.size(), 1U);
}

TEST(WebConfig, AllProblemsAreToldInTheOrderOfTheFile) {
  EXPECT_EQ(
      problems("rate_limit:\n  interval: soon\n  burst: 0\n"
               "http_server_config:\n  http: 2\n"
               "tls_server:\n  a: b\n"),
      (Lines{"w:2:13: rate_limit.interval: 'soon' is not a duration from 0 to "
             "1h",
             "w:3:10: rate_limit.burst: '0' is not a number from 1 to 1000000",
             "w:5:3: http_server_config.http: unknown key. Did you mean "
             "'http2'?",
             "w:6:1: tls_server: unknown key. The keys here are "
             "tls_server_config, http_server_config, basic_auth_users, "
             "rate_limit."}));
}

TEST(WebConfig, NamesThatAreNoneAreToldWithTheirPlace) {
  EXPECT_EQ(problems("tls_server_config:\n" + kPair +
                     "  cipher_suites:\n  - TLS_RSA_WITH_RC4_128_SHA\n"
                     "  curve_preferences: [P-256]\n  min_version: SSL3\n"
                     "  max_version: TLS11\n  client_auth_type: Maybe\n"),
            (Lines{"w:5:5: tls_server_config.cipher_suites: "
                   "'TLS_RSA_WITH_RC4_128_SHA' is not a cipher suite that is "
                   "safe, by its IANA name",
                   "w:6:23: tls_server_config.curve_preferences: 'P-256' is "
                   "not X25519, CurveP256, CurveP384 or CurveP521",
                   "w:7:16: tls_server_config.min_version: 'SSL3' is not TLS12 "
                   "or TLS13",
                   "w:8:16: tls_server_config.max_version: 'TLS11' is not "
                   "TLS12 or TLS13",
                   "w:9:21: tls_server_config.client_auth_type: 'Maybe' is not "
                   "NoClientCert, RequestClientCert, RequireAnyClientCert, "
                   "VerifyClientCertIfGiven or RequireAndVerifyClientCert"}));
}

TEST(WebConfig, TlsNeedsACertificateAndAKey) {
  EXPECT_EQ(problems("tls_server_config:\n  min_version: TLS12\n"),
            (Lines{"w:2:3: tls_server_config.min_version: TLS needs "
                   "tls_server_config.cert or tls_server_config.cert_file",
                   "w:2:3: tls_server_config.min_version: TLS needs "
                   "tls_server_config.key or tls_server_config.key_file"}));
  EXPECT_EQ(problems("tls_server_config:\n  cert_file: a\n  key_file: ''\n"),
            (Lines{"w:3:3: tls_server_config.key_file: TLS needs "
                   "tls_server_config.key or tls_server_config.key_file"}));
}

TEST(WebConfig, WhatDoesNotGoTogetherIsTold) {
  const auto first = [](const std::string& more) {
    const Lines found = problems("tls_server_config:\n" + kPair + more);
    return found.empty() ? "" : found.front();
  };
  EXPECT_EQ(first("  cert: x\n"),
            "w:2:3: tls_server_config.cert_file: give either this or "
            "tls_server_config.cert");
  EXPECT_EQ(first("  client_ca_file: ca\n"),
            "w:4:3: tls_server_config.client_ca_file: a client CA without a "
            "client_auth_type that asks for certificates");
  EXPECT_EQ(first("  client_auth_type: RequireAndVerifyClientCert\n"),
            "w:4:3: tls_server_config.client_auth_type: nobody can connect "
            "without client_ca_file");
  EXPECT_EQ(first("  client_allowed_sans: [a]\n"),
            "w:4:3: tls_server_config.client_allowed_sans: needs the "
            "client_auth_type RequireAnyClientCert or "
            "RequireAndVerifyClientCert");
  EXPECT_EQ(first("  min_version: TLS13\n  max_version: TLS12\n"),
            "w:5:3: tls_server_config.max_version: is older than min_version");
  EXPECT_EQ(problems("rate_limit: {interval: 1s}"),
            (Lines{"w:1:14: rate_limit.interval: give both interval and "
                   "burst"}));
}

TEST(WebConfig, HeadersAreTheFiveWithTheirValues) {
  EXPECT_EQ(
      problems("http_server_config:\n  headers:\n    X-Frame-Options: never\n"
               "    X-Content-Type-Options: sniff\n    Server: mine\n"
               "    X-XSS-Protection: \"1\\nSet-Cookie: a\"\n"),
      (Lines{"w:3:22: http_server_config.headers.X-Frame-Options: this is not "
             "deny or sameorigin",
             "w:4:29: http_server_config.headers.X-Content-Type-Options: this "
             "is not nosniff",
             "w:5:5: http_server_config.headers.Server: unknown key. The keys "
             "here are Content-Security-Policy, X-Frame-Options, "
             "X-Content-Type-Options, X-XSS-Protection, "
             "Strict-Transport-Security.",
             "w:6:23: http_server_config.headers.X-XSS-Protection: this is "
             "not a header value"}));
}

TEST(WebConfig, UsersHaveNamesAndHashes) {
  EXPECT_EQ(problems("basic_auth_users:\n  alice: tops3cret\n  'a:b': " +
                     kHash + "\n  bob: [x]\n"),
            (Lines{"w:2:10: basic_auth_users.alice: this is not a bcrypt "
                   "hash. Make one: htpasswd -nBC 10 USER",
                   "w:3:3: basic_auth_users.a:b: a user has a name without "
                   "':' and control characters",
                   "w:4:8: basic_auth_users.bob: this is not a bcrypt hash. "
                   "Make one: htpasswd -nBC 10 USER"}));
}

TEST(WebConfig, AUserIsGivenOnce) {
  EXPECT_EQ(problems("basic_auth_users:\n  a: " + kHash + "\n  a: " + kHash),
            (Lines{"w:3:3: 'a' is given twice, first in line 2"}));
}

TEST(WebConfig, ThingsOfTheWrongKindAreTold) {
  EXPECT_EQ(problems("[1]"), (Lines{"w:1:1: the file must be a section of "
                                    "keys"}));
  EXPECT_EQ(problems("basic_auth_users: x\n"),
            (Lines{"w:1:19: basic_auth_users: this must be a section of "
                   "keys"}));
  EXPECT_EQ(problems("http_server_config: {http2: [true]}\n"),
            (Lines{"w:1:22: http_server_config.http2: one value is "
                   "expected"}));
  EXPECT_EQ(problems("tls_server_config:\n" + kPair + "  cipher_suites: x\n"),
            (Lines{"w:4:18: tls_server_config.cipher_suites: a list is "
                   "expected"}));
}

TEST(WebConfig, NoProblemRepeatsASecret) {
  const Lines found = problems(
      "tls_server_config:\n  key: [tops3cret]\n  key_file: x\n"
      "basic_auth_users:\n  alice: tops3cret\n");
  EXPECT_FALSE(found.empty());
  for (const std::string& line : found)
    EXPECT_FALSE(line.contains("tops3cret")) << line;
}

}  // namespace
}  // namespace tcpstated
