// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What went wrong with a request, and what to do: RFC 9457 for programs, two
/// lines for people.

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace tcpstated {

struct ParameterProblem {
  std::string parameter;
  std::string detail;
};

struct Problem {
  unsigned status = 400;
  std::string detail;  ///< a sentence
  std::string hint;    ///< what to try: "curl 'localhost:19293/leaks'", or ""
  std::vector<ParameterProblem> errors;
  std::vector<HttpHeader> headers;  ///< "Allow", "Retry-After", ...
};

/// "Not Found"; "Error" for a status this program does not use.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

/// As text ("error: ...", "try: ...") for a person at a page, as
/// application/problem+json under /api/ and for those who ask for JSON.
[[nodiscard]] HttpResponse to_response(Problem problem,
                                       const HttpRequest& request);

/// For requests that could not even be read: always text, constant words.
[[nodiscard]] HttpResponse to_text_response(Problem problem);

}  // namespace tcpstated
