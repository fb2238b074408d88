// SPDX-License-Identifier: Apache-2.0
#include "http/password_hash.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::size_t kHashBytes = 60;
/// What depends on the password, behind "$2y$10$" and 22 characters of salt.
constexpr std::size_t kDigestBytes = 31;

bool is_bcrypt_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
}

}  // namespace

bool is_bcrypt_hash(std::string_view text) {
  if (text.size() != kHashBytes || text.substr(0, 2) != "$2" ||
      !std::string_view("aby").contains(text[2]) || text[3] != '$' ||
      text[6] != '$')
    return false;
  const auto cost = parse_number<unsigned>(text.substr(4, 2));
  return cost && *cost >= 4 && *cost <= 31 &&
         std::ranges::all_of(text.substr(7), is_bcrypt_digit);
}

bool password_matches(const std::string& hash, const std::string& password) {
  const auto scratch = std::make_unique<crypt_data>();  // 32 KiB of zeros
  const char* const made =
      ::crypt_r(password.c_str(), hash.c_str(), scratch.get());
  // Only the digest is compared: crypt_r() writes a salt in its canonical form,
  // which other programs do not always do.
  const bool equal =
      made != nullptr && std::strlen(made) == kHashBytes &&
      hash.size() == kHashBytes &&
      CRYPTO_memcmp(made + kHashBytes - kDigestBytes,
                    hash.data() + kHashBytes - kDigestBytes, kDigestBytes) == 0;
  OPENSSL_cleanse(scratch.get(), sizeof(crypt_data));
  return equal && password.size() <= kMaxPasswordBytes;
}

}  // namespace tcpstated
