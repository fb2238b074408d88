// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// bcrypt by crypt(3) of libxcrypt.

#include <string>
#include <string_view>

namespace tcpstated {

/// bcrypt looks at no more of a password.
inline constexpr std::size_t kMaxPasswordBytes = 72;

/// "$2a$", "$2b$" or "$2y$", a cost from 04 to 31, 53 characters of salt and
/// hash. Stricter than crypt_checksalt(3), which lets garbage pass. Pure.
[[nodiscard]] bool is_bcrypt_hash(std::string_view text);

/// Whether `password` is the one of `hash`. Takes as long as the cost of the
/// hash says (80 ms at 10), whatever the password: never on the I/O thread. A
/// password that bcrypt would cut short is never the right one.
[[nodiscard]] bool password_matches(const std::string& hash,
                                    const std::string& password);

}  // namespace tcpstated
