// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration file. What was accepted is printed and read back
// as the same; what was refused has places inside the text and clean words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/strings.hpp"
#include "config/config.hpp"
#include "config_problems.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config(text);
  if (!config) {
    check_refused(text, config.error());
    return 0;
  }
  const std::string printed = format_config(*config);
  const auto again = parse_config(printed);
  require(again && format_config(*again) == printed);
  return 0;
}
