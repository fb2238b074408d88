// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One error type and one result type for the whole project.
///
/// A function that can fail at run time for reasons outside the program
/// (files, sockets, kernels, user input) returns Result<T>. A broken
/// precondition is a bug: assert it. Nothing in lib/ logs an error that it
/// also returns; whoever finally handles the error logs it, once.

#include <cerrno>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tcpstated {

/// What went wrong, in words fit for an operator, and the code behind it.
struct Error {
  std::string message;   ///< "cannot open '/etc/x.yml': Permission denied"
  std::error_code code;  ///< empty when no system call was involved
};

/// Either a T or an Error. Dropping one on the floor is a compiler warning.
template <typename T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

/// Builds the failure half of any Result: `return fail("bad port '99999'");`
[[nodiscard]] inline std::unexpected<Error> fail(std::string message,
                                                 std::error_code code = {}) {
  return std::unexpected(Error{std::move(message), code});
}

/// Same, for a system call that just failed: `return fail_errno("cannot
/// bind '127.0.0.1:80'");` The reason is appended.
[[nodiscard]] inline std::unexpected<Error> fail_errno(std::string what,
                                                       int err = errno) {
  const std::error_code code(err, std::system_category());
  what += ": ";
  what += code.message();
  return fail(std::move(what), code);
}

/// Passes a failure up with the caller's view put in front of it:
/// `return wrap(std::move(file).error(), "loading config");` gives
/// "loading config: cannot open ...".
[[nodiscard]] inline std::unexpected<Error> wrap(Error error,
                                                 std::string_view context) {
  error.message.insert(0, ": ").insert(0, context);
  return std::unexpected(std::move(error));
}

}  // namespace tcpstated
