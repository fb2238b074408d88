// SPDX-License-Identifier: Apache-2.0
// Any text as a query and as a path. What was accepted is clean, and is read
// again from what encode_query_value() makes of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/strings.hpp"
#include "http/query.hpp"

namespace {

void check_clean(std::string_view text) {
  if (!tcpstated::is_valid_utf8(text)) std::abort();
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto path = decode_path(text)) {
    check_clean(*path);
    const auto again = decode_path(encode_query_value(*path));
    if (!again || *again != *path) std::abort();
  } else {
    check_clean(path.error().message);
  }
  const auto query = parse_query(text);
  if (!query) {
    check_clean(query.error().message);
    return 0;
  }
  std::string encoded;
  for (const QueryItem& item : *query) {
    check_clean(item.name);
    check_clean(item.value);
    encoded += encode_query_value(item.name) + "=" +
               encode_query_value(item.value) + "&";
  }
  const auto again = parse_query(encoded);
  if (!again || *again != *query) std::abort();
  return 0;
}
