// SPDX-License-Identifier: Apache-2.0
// Any bytes as a web configuration. What was accepted keeps its promises; what
// was refused has places inside the text, clean words and no secret.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/strings.hpp"
#include "config/web_config.hpp"
#include "config_problems.hpp"
#include "http/password_hash.hpp"

namespace {

void check_accepted(const tcpstated::WebConfig& config) {
  using namespace tcpstated;
  require(!config.tls || (config.certificate.given() && config.key.given()));
  require(config.tls_options.min_version <= config.tls_options.max_version);
  require(config.tls_options.client_auth !=
              ClientAuth::RequireAndVerifyClientCert ||
          config.client_ca.given());
  for (const auto& [user, hash] : config.users)
    require(!user.empty() && !user.contains(':') && is_bcrypt_hash(hash));
  for (const WebHeader& header : config.headers)
    require(!header.value.empty() &&
            std::ranges::all_of(header.value, [](char c) {
              return c == '\t' || (c >= ' ' && c < 0x7f);
            }));
  require(config.rate_limit.burst >= 1);
  for (const std::string& note : config.notes)
    require(printable(note, note.size()) == note);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_web_config(text);
  if (config) {
    check_accepted(*config);
    return 0;
  }
  check_refused(text, config.error());
  return 0;
}
