// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "daemon/command_line.hpp"
#include "daemon/config_file.hpp"
#include "daemon/read_captures.hpp"
#include "daemon/service.hpp"

namespace {

constexpr int kBadUsage = 2;

void print(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tcpstated;
  const auto line = parse_command_line(argc, argv);
  if (!line) {
    print(line.error().exit_code == 0 ? stdout : stderr, line.error().text);
    return line.error().exit_code;
  }
  const auto config = load_config(line->config_file, !line->config_file_given);
  if (!config) {
    for (const std::string& problem : config.error())
      print(stderr, problem + "\n");
    return kBadUsage;
  }
  switch (line->action) {
    case Action::CheckConfig:
      print(stdout, line->config_file + ": good\n");
      return 0;
    case Action::PrintConfig:
      print(stdout, format_config(*config));
      return 0;
    case Action::ReadCaptures:
      return read_captures(*line, *config);
    case Action::Serve:
      return serve(*line, *config);
  }
}
