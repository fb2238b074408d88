// SPDX-License-Identifier: Apache-2.0
#include "http/login_cache.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <new>
#include <string>

namespace tcpstated {

LoginCache::LoginCache(std::size_t capacity) : capacity_(capacity) {
  if (::RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1)
    capacity_ = 0;  // no secret, no memory
}

LoginCache::Key LoginCache::key_of(std::string_view user, std::string_view hash,
                                   std::string_view password) const {
  std::string text;
  for (const std::string_view part : {user, hash, password})
    text.append(std::to_string(part.size())).append(":").append(part);
  Key key{};
  unsigned length = 0;
  const auto* const made =
      ::HMAC(::EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(),
             key.data(), &length);
  OPENSSL_cleanse(text.data(), text.size());
  if (made == nullptr) throw std::bad_alloc();  // all else cannot fail
  return key;
}

bool LoginCache::knows(std::string_view user, std::string_view hash,
                       std::string_view password) {
  const Key key = key_of(user, hash, password);
  const auto found = std::ranges::find_if(known_, [&](const Key& known) {
    return CRYPTO_memcmp(known.data(), key.data(), key.size()) == 0;
  });
  if (found == known_.end()) return false;
  std::rotate(known_.begin(), found, found + 1);
  return true;
}

void LoginCache::remember(std::string_view user, std::string_view hash,
                          std::string_view password) {
  if (capacity_ == 0 || knows(user, hash, password)) return;
  if (known_.size() == capacity_) known_.pop_back();
  known_.push_front(key_of(user, hash, password));
}

}  // namespace tcpstated
