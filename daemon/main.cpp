// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "daemon/command_line.hpp"
#include "daemon/config_file.hpp"
#include "daemon/read_captures.hpp"
#include "daemon/service.hpp"
#include "daemon/web_config_file.hpp"

namespace {

constexpr int kBadUsage = 2;

void print(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
}

void print_lines(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) print(stderr, problem + "\n");
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
  WebConfigFile web_file(line->web_config_file);
  auto web = web_file.load();
  if (!config || !web) {
    if (!config) print_lines(config.error());
    if (!web) print_lines(web.error());
    return kBadUsage;
  }
  switch (line->action) {
    case Action::CheckConfig:
      print(stdout, line->config_file + ": good\n");
      if (web_file.given()) print(stdout, web_file.path() + ": good\n");
      return 0;
    case Action::PrintConfig:
      print(stdout, format_config(*config));
      return 0;
    case Action::ReadCaptures:
      return read_captures(*line, *config);
    case Action::Serve:
      return serve(*line, *config, std::move(web_file), std::move(*web));
  }
}
