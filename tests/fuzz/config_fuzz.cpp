// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration file. What was accepted is printed and read back
// as the same; what was refused has places inside the text and clean words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/strings.hpp"
#include "config/config.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config(text);
  if (!config) {
    require(!config.error().empty());
    const auto lines = static_cast<int>(split(text, '\n').size());
    for (const ConfigProblem& problem : config.error()) {
      require(problem.line >= 1 && problem.line <= lines + 1);
      require(problem.column >= 1);
      const std::string told = to_string(problem, "f");
      require(printable(told, told.size()) == told);
    }
    return 0;
  }
  const std::string printed = format_config(*config);
  const auto again = parse_config(printed);
  require(again && format_config(*again) == printed);
  return 0;
}
