// SPDX-License-Identifier: Apache-2.0
#include "config/web_fields.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "http/password_hash.hpp"
#include "http/tls_names.hpp"

namespace tcpstated {
namespace {

using Text = std::string_view;

template <PemSource WebConfig::* kSource, std::string PemSource::* kPart>
bool read_pem(Text text, const YamlEntry& entry, WebConfig& into) {
  PemSource& source = into.*kSource;
  source.*kPart = text;
  source.line = entry.line;
  source.column = entry.column;
  return true;  // that one of the two is given is checked at the end
}

bool read_boolean(Text text, bool& into) {
  into = text == "true";
  return into || text == "false";
}

/// TLS 1.0 and 1.1 are dead (RFC 8996). As the least version they are harmless:
/// nothing older than 1.2 is spoken anyway.
bool read_min_version(Text text, const YamlEntry& /*entry*/, WebConfig& into) {
  if (text == "TLS10" || text == "TLS11")
    into.notes.push_back("min_version: " + std::string(text) +
                         " is dead (RFC 8996), TLS12 is used");
  into.tls_options.min_version =
      text == "TLS13" ? TlsVersion::Tls13 : TlsVersion::Tls12;
  return text == "TLS10" || text == "TLS11" || text == "TLS12" ||
         text == "TLS13";
}

bool read_max_version(Text text, const YamlEntry& /*entry*/, WebConfig& into) {
  into.tls_options.max_version =
      text == "TLS12" ? TlsVersion::Tls12 : TlsVersion::Tls13;
  return text == "TLS12" || text == "TLS13";
}

bool read_client_auth(Text text, const YamlEntry& /*entry*/, WebConfig& into) {
  const auto found =
      std::ranges::find(client_auth_names(), text, &ClientAuthName::name);
  if (found == client_auth_names().end()) return false;
  into.tls_options.client_auth = found->value;
  return true;
}

/// Adds the name as the table has it, which outlives the text.
template <typename Table>
bool read_name(Text text, const Table& table, std::vector<Text>& into) {
  for (const auto& row : table)
    if (row.name == text) {
      into.push_back(row.name);
      return true;
    }
  return false;
}

/// What may stand in a header (RFC 9110 5.5), and nothing around it.
bool is_header_value(Text text) {
  return trim(text) == text && std::ranges::all_of(text, [](char c) {
           return c == '\t' || (c >= ' ' && c < 0x7f);
         });
}

constexpr Text kFileName = "a file name";
constexpr Text kPem = "text in PEM form";

constexpr std::array kFields{
    WebField{"tls_server_config.cert", kPem,
             &read_pem<&WebConfig::certificate, &PemSource::text>},
    WebField{"tls_server_config.cert_file", kFileName,
             &read_pem<&WebConfig::certificate, &PemSource::file>},
    WebField{"tls_server_config.key", kPem,
             &read_pem<&WebConfig::key, &PemSource::text>, false, true},
    WebField{"tls_server_config.key_file", kFileName,
             &read_pem<&WebConfig::key, &PemSource::file>},
    WebField{"tls_server_config.client_ca", kPem,
             &read_pem<&WebConfig::client_ca, &PemSource::text>},
    WebField{"tls_server_config.client_ca_file", kFileName,
             &read_pem<&WebConfig::client_ca, &PemSource::file>},
    WebField{"tls_server_config.client_auth_type",
             "NoClientCert, RequestClientCert, RequireAnyClientCert, "
             "VerifyClientCertIfGiven or RequireAndVerifyClientCert",
             &read_client_auth},
    WebField{"tls_server_config.client_allowed_sans",
             "a DNS name, IP address, mail address or URI",
             [](Text text, const YamlEntry&, WebConfig& into) {
               into.tls_options.client_allowed_sans.emplace_back(text);
               return !text.empty();
             },
             true},
    WebField{"tls_server_config.min_version", "TLS12 or TLS13",
             &read_min_version},
    WebField{"tls_server_config.max_version", "TLS12 or TLS13",
             &read_max_version},
    WebField{"tls_server_config.cipher_suites",
             "a cipher suite that is safe, by its IANA name",
             [](Text text, const YamlEntry&, WebConfig& into) {
               return read_name(text, tls_ciphers(), into.tls_options.ciphers);
             },
             true},
    WebField{"tls_server_config.prefer_server_cipher_suites", "true or false",
             [](Text text, const YamlEntry&, WebConfig& into) {
               return read_boolean(text,
                                   into.tls_options.prefer_server_ciphers);
             }},
    WebField{"tls_server_config.curve_preferences",
             "X25519, CurveP256, CurveP384 or CurveP521",
             [](Text text, const YamlEntry&, WebConfig& into) {
               return read_name(text, tls_curves(), into.tls_options.curves);
             },
             true},
    WebField{"http_server_config.http2", "true or false",
             [](Text text, const YamlEntry&, WebConfig& into) {
               bool wanted = false;
               const bool read = read_boolean(text, wanted);
               if (wanted)
                 into.notes.emplace_back("http2: HTTP/1.1 is spoken instead");
               return read;
             }},
    WebField{"rate_limit.interval", "a duration from 0 to 1h",
             [](Text text, const YamlEntry&, WebConfig& into) {
               const auto duration = parse_duration(text);
               if (!duration || *duration > kMaxRateInterval) return false;
               into.rate_limit.interval = *duration;
               return true;
             }},
    WebField{"rate_limit.burst", "a number from 1 to 1000000",
             [](Text text, const YamlEntry&, WebConfig& into) {
               const auto number = parse_number<std::size_t>(text);
               if (!number || *number < 1 || *number > kMaxRateBurst)
                 return false;
               into.rate_limit.burst = *number;
               return true;
             }},
};

constexpr std::array kHeaderRules{
    WebHeaderRule{"Content-Security-Policy", "a header value",
                  &is_header_value},
    WebHeaderRule{
        "X-Frame-Options", "deny or sameorigin",
        [](Text text) { return text == "deny" || text == "sameorigin"; }},
    WebHeaderRule{"X-Content-Type-Options", "nosniff",
                  [](Text text) { return text == "nosniff"; }},
    WebHeaderRule{"X-XSS-Protection", "a header value", &is_header_value},
    WebHeaderRule{"Strict-Transport-Security", "a header value",
                  &is_header_value},
};

/// Collects what does not go together.
class Conflicts {
 public:
  explicit Conflicts(const WebPlaces& places) : places_(places) {}

  [[nodiscard]] bool has(Text path) const { return places_.contains(path); }

  /// At the first of `paths` that was given.
  void add(std::initializer_list<Text> paths, std::string message) {
    for (const Text path : paths)
      if (const auto place = places_.find(path); place != places_.end()) {
        found_.push_back({place->second.line, place->second.column,
                          std::string(path), std::move(message)});
        return;
      }
  }
  std::vector<WebConflict> take() { return std::move(found_); }

 private:
  const WebPlaces& places_;
  std::vector<WebConflict> found_;
};

void check_sources(const WebConfig& config, Text first_key,
                   Conflicts& conflicts) {
  for (const auto& [source, text, file] :
       {std::tuple{&config.certificate, Text("tls_server_config.cert"),
                   Text("tls_server_config.cert_file")},
        {&config.key, "tls_server_config.key", "tls_server_config.key_file"},
        {&config.client_ca, "tls_server_config.client_ca",
         "tls_server_config.client_ca_file"}}) {
    if (!source->text.empty() && !source->file.empty())
      conflicts.add({file}, "give either this or " + std::string(text));
    if (source->given() || source == &config.client_ca) continue;
    conflicts.add({file, text, first_key}, "TLS needs " + std::string(text) +
                                               " or " + std::string(file));
  }
}

void check_clients(WebConfig& config, Conflicts& conflicts) {
  constexpr Text kType = "tls_server_config.client_auth_type";
  const ClientAuth type = config.tls_options.client_auth;
  const bool has_ca = config.client_ca.given();
  if (has_ca && type == ClientAuth::NoClientCert)
    conflicts.add(
        {"tls_server_config.client_ca_file", "tls_server_config.client_ca"},
        "a client CA without a client_auth_type that asks for "
        "certificates");
  if (!has_ca && type == ClientAuth::RequireAndVerifyClientCert)
    conflicts.add({kType}, "nobody can connect without client_ca_file");
  if (!has_ca && type == ClientAuth::VerifyClientCertIfGiven)
    config.notes.emplace_back(
        "client_auth_type: without client_ca_file no certificate is good");
  if (!config.tls_options.client_allowed_sans.empty() &&
      !requires_certificate(type))
    conflicts.add({"tls_server_config.client_allowed_sans"},
                  "needs the client_auth_type RequireAnyClientCert or "
                  "RequireAndVerifyClientCert");
}

}  // namespace

std::span<const WebField> web_fields() { return kFields; }
std::span<const WebHeaderRule> web_header_rules() { return kHeaderRules; }

bool is_user_name(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) {
    return c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

bool is_password_hash(std::string_view text) { return is_bcrypt_hash(text); }

std::vector<WebConflict> find_conflicts(WebConfig& config,
                                        const WebPlaces& places) {
  Conflicts conflicts(places);
  const auto first = std::ranges::find_if(places, [](const auto& place) {
    return place.first.starts_with("tls_server_config.");
  });
  config.tls = first != places.end();
  if (config.tls) {
    check_sources(config, first->first, conflicts);
    check_clients(config, conflicts);
  }
  if (config.tls_options.max_version < config.tls_options.min_version)
    conflicts.add({"tls_server_config.max_version"},
                  "is older than min_version");
  if (conflicts.has("rate_limit.interval") !=
          conflicts.has("rate_limit.burst") &&
      !(config.rate_limit.interval == Duration::zero() &&
        conflicts.has("rate_limit.interval")))
    conflicts.add({"rate_limit.interval", "rate_limit.burst"},
                  "give both interval and burst");
  return conflicts.take();
}

}  // namespace tcpstated
