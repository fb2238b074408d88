// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// yaml-cpp counts from 0; a mark it does not know is -1.
ConfigProblem problem_at(const YAML::Mark& mark, std::string message,
                         std::string hint = "") {
  return {.line = std::max(mark.line, 0) + 1,
          .column = std::max(mark.column, 0) + 1,
          .message = std::move(message),
          .hint = std::move(hint)};
}

/// Builds the tree out of the parser's events. A node is open from its start to
/// its end; a mapping alternates between keys and values.
class TreeBuilder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0)
      problems_.push_back(problem_at(mark, "a second document begins here",
                                     "Write everything in one."));
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse(mark, "", anchor);
    add(node(mark, YamlNode::Kind::Null));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse(mark, "", anchor);
    add(node(mark, YamlNode::Kind::Null));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    refuse(mark, tag, anchor);
    YamlNode scalar = node(mark, YamlNode::Kind::Scalar);
    scalar.text = value;
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse(mark, tag, anchor);
    open_.push_back({.node = node(mark, YamlNode::Kind::Sequence)});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse(mark, tag, anchor);
    open_.push_back({.node = node(mark, YamlNode::Kind::Map)});
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] bool has_second_document() const { return documents_ > 1; }
  [[nodiscard]] std::vector<ConfigProblem>& problems() { return problems_; }
  [[nodiscard]] YamlNode take_root() { return std::move(root_); }

 private:
  struct Open {
    YamlNode node;
    bool has_key = false;  ///< of a mapping: the last entry awaits its value
    std::map<std::string, int> lines = {};  ///< of the keys so far
  };

  static YamlNode node(const YAML::Mark& mark, YamlNode::Kind kind) {
    return {.kind = kind,
            .line = std::max(mark.line, 0) + 1,
            .column = std::max(mark.column, 0) + 1,
            .text = {},
            .entries = {},
            .items = {}};
  }

  void refuse(const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor)
      problems_.push_back(problem_at(mark, "anchors and aliases are not used",
                                     "Write the value out."));
    // "?" and "!" are how the parser calls plain and quoted scalars.
    if (!tag.empty() && tag != "?" && tag != "!")
      problems_.push_back(problem_at(
          mark, "tags such as '" + printable(tag, 64) + "' are not used"));
  }

  void close() {
    YamlNode done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  void add(YamlNode child) {
    if (open_.empty()) {
      if (documents_ <= 1) root_ = std::move(child);
    } else if (open_.back().node.kind == YamlNode::Kind::Sequence) {
      open_.back().node.items.push_back(std::move(child));
    } else if (std::exchange(open_.back().has_key, !open_.back().has_key)) {
      open_.back().node.entries.back().value = std::move(child);
    } else {
      add_key(std::move(child));
    }
  }

  void add_key(YamlNode key) {
    const auto report = [&](std::string message) {
      problems_.push_back({.line = key.line,
                           .column = key.column,
                           .message = std::move(message),
                           .hint = {}});
    };
    if (key.kind != YamlNode::Kind::Scalar) {
      report("a key must be a word");
    } else {
      const auto [first, fresh] =
          open_.back().lines.try_emplace(key.text, key.line);
      if (!fresh)
        report("'" + printable(key.text, 64) +
               "' is given twice, first in line " +
               std::to_string(first->second));
    }
    open_.back().node.entries.push_back({.key = std::move(key.text),
                                         .line = key.line,
                                         .column = key.column,
                                         .value = {}});
  }

  YamlNode root_;
  std::vector<Open> open_;
  int documents_ = 0;
  std::vector<ConfigProblem> problems_;
};

/// Bytes that yaml-cpp would accept and nobody can see.
std::vector<ConfigProblem> check_bytes(std::string_view text) {
  if (text.size() > kMaxConfigBytes)
    return {{.message = "the file is larger than 1 MiB", .hint = {}}};
  std::vector<ConfigProblem> problems;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const auto control = std::ranges::find_if(line, [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') ||
             c == 0x7f;
    });
    if (control != line.end())
      problems.push_back(
          {.line = number,
           .column = static_cast<int>(control - line.begin()) + 1,
           .message = "a control character stands here",
           .hint = {}});
    else if (!is_valid_utf8(line))
      problems.push_back({.line = number,
                          .column = 1,
                          .message = "this line is not UTF-8",
                          .hint = {}});
  }
  return problems;
}

}  // namespace

std::string to_string(const ConfigProblem& problem, std::string_view file) {
  std::string text = std::string(file) + ":" + std::to_string(problem.line) +
                     ":" + std::to_string(problem.column) + ": " +
                     problem.message;
  return problem.hint.empty() ? text : text + ". " + problem.hint;
}

std::expected<YamlNode, std::vector<ConfigProblem>> parse_yaml(
    std::string_view text) {
  if (auto bad = check_bytes(text); !bad.empty()) return std::unexpected(bad);
  TreeBuilder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    // One more is wrong enough. The parser finds them without end where a token
    // begins none (", a"), which it never passes (yaml-cpp 0.7).
    while (!builder.has_second_document() &&
           parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    builder.problems().push_back(problem_at(error.mark, printable(error.msg)));
  }
  if (!builder.problems().empty())
    return std::unexpected(std::move(builder.problems()));
  return builder.take_root();
}

}  // namespace tcpstated
