// SPDX-License-Identifier: Apache-2.0
// What a connection may deliver, cut and parsed as a session does it. What was
// accepted has no body behind it and one host at most.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/strings.hpp"
#include "http/request_head.hpp"

namespace {

using namespace tcpstated;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_accepted(std::string_view head, const HttpRequest& request) {
  std::size_t hosts = 0;
  for (const std::string_view line : split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string name = to_lower(trim(line.substr(0, colon)));
    const std::string_view value = trim(line.substr(colon + 1));
    require(name != "transfer-encoding" && name != "expect");
    if (name == "content-length")
      require(value.find_first_not_of('0') == value.npos);
    if (name == "host") {
      ++hosts;
      require(request.host == value);
    }
  }
  require(hosts <= 1);
  require(request.path.starts_with('/') && is_valid_utf8(request.path));
  for (const std::string* text :
       {&request.path, &request.host, &request.accept, &request.origin})
    for (const char c : *text)
      require(c == '\t' ||
              (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  for (;;) {  // pipelined requests
    input.erase(0, count_leading_line_ends(input));
    const auto end = find_head_end(input);
    if (!end) return 0;
    require(*end > 0 && *end <= input.size());
    const std::string head = input.substr(0, *end);
    const auto parsed = parse_head(head);
    if (!parsed) {
      require(parsed.error().status >= 400 && parsed.error().status <= 505);
      return 0;
    }
    check_accepted(head, parsed->request);
    input.erase(0, *end);
  }
}
