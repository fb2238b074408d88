// SPDX-License-Identifier: Apache-2.0
#include "http/client_certificate.hpp"

#include <arpa/inet.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tcpstated {
namespace {

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(::ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(std::max(::ASN1_STRING_length(string), 0))};
}

/// "" if it is not an address of 4 or 16 bytes.
std::string address_of(const std::string& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() != 4 && bytes.size() != 16) return "";
  ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(),
              text.size());
  return text.data();
}

/// The one spelling of an address; anything else as it is.
std::string canonical(const std::string& name) {
  for (const auto& [family, size] :
       {std::pair{AF_INET, std::size_t{4}}, {AF_INET6, 16}}) {
    std::string bytes(16, '\0');
    if (::inet_pton(family, name.c_str(), bytes.data()) == 1)
      return address_of(bytes.substr(0, size));
  }
  return name;
}

}  // namespace

std::vector<std::string> subject_alternative_names(const x509_st* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&::GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)),
      &::GENERAL_NAMES_free);
  std::vector<std::string> names;
  const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
  for (int i = 0; i < count; ++i) {
    int type = 0;
    const auto* const value = static_cast<const ASN1_STRING*>(
        ::GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &type));
    if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI)
      names.push_back(text_of(value));
    else if (type == GEN_IPADD)
      names.push_back(address_of(text_of(value)));
  }
  return names;
}

bool is_allowed(std::span<const std::string> names,
                std::span<const std::string> allowed) {
  return std::ranges::any_of(allowed, [&](const std::string& name) {
    return !name.empty() &&
           std::ranges::find(names, canonical(name)) != names.end();
  });
}

}  // namespace tcpstated
