// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What every refusal of a configuration promises: places inside the text and
/// words that a terminal can show.

#include <cstdlib>
#include <string>
#include <vector>

#include "base/strings.hpp"
#include "config/yaml_document.hpp"

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline void check_refused(const std::string& text,
                          const std::vector<tcpstated::ConfigProblem>& all) {
  using namespace tcpstated;
  require(!all.empty());
  const auto lines = static_cast<int>(split(text, '\n').size());
  for (const ConfigProblem& problem : all) {
    require(problem.line >= 1 && problem.line <= lines + 1);
    require(problem.column >= 1);
    const std::string told = to_string(problem, "f");
    require(printable(told, told.size()) == told);
  }
}
