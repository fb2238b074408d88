// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

std::string join(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key)
                         : std::string(section) + "." + std::string(key);
}

/// The keys that may stand in a section ("" is the whole file).
std::vector<std::string_view> keys_of(std::string_view section) {
  std::vector<std::string_view> keys;
  const std::string prefix = join(section, "");
  for (const ConfigField& field : config_fields()) {
    if (!field.path.starts_with(prefix)) continue;
    const std::string_view key =
        split(field.path.substr(prefix.size()), '.').front();
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words)
    text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

class Reader {
 public:
  void read_section(const YamlNode& node, const std::string& path) {
    if (node.kind == YamlNode::Kind::Null) return;  // all keys commented out
    if (node.kind != YamlNode::Kind::Map)
      return report(node.line, node.column, path,
                    std::string(path.empty() ? "the file" : "this") +
                        " is a section with the keys " + listed(keys_of(path)));
    for (const YamlEntry& entry : node.entries) read_entry(entry, path);
  }

  std::expected<Config, std::vector<ConfigProblem>> result() && {
    if (problems_.empty()) return config_;
    return std::unexpected(std::move(problems_));
  }

 private:
  void read_entry(const YamlEntry& entry, const std::string& section) {
    // One key at a time: "a.b" and "" are no ways around a section.
    const auto known = keys_of(section);
    if (std::ranges::find(known, entry.key) == known.end())
      return report_unknown(entry, section, known);
    const std::string path = join(section, entry.key);
    const auto field =
        std::ranges::find(config_fields(), path, &ConfigField::path);
    if (field != config_fields().end())
      read_field(*field, entry);
    else
      read_section(entry.value, path);
  }

  void report_unknown(const YamlEntry& entry, const std::string& section,
                      const std::vector<std::string_view>& known) {
    const auto near = closest(entry.key, known);
    report(entry.line, entry.column, join(section, printable(entry.key, 64)),
           "unknown key",
           near ? "Did you mean '" + std::string(*near) + "'?"
                : "The keys here are " + listed(known) + ".");
  }

  void read_field(const ConfigField& field, const YamlEntry& entry) {
    const YamlNode& value = entry.value;
    const auto text = text_of(value, field.kind);
    if (text && field.read(*text, config_)) return;
    const std::string expects = std::string(field.expects);
    if (text || value.kind == YamlNode::Kind::Scalar)
      report(value.line, value.column, field.path,
             "'" + printable(text.value_or(value.text), 64) + "' is not " +
                 expects);
    else  // no value has no place of its own
      report(entry.line, entry.column, field.path,
             std::string(what_it_has(value)) + " where " + expects +
                 " is expected");
  }

  /// What a field of this kind reads, if the node is of that kind.
  static std::optional<std::string> text_of(const YamlNode& node,
                                            ConfigKind kind) {
    if (kind != ConfigKind::List)
      return node.kind == YamlNode::Kind::Scalar ? std::optional(node.text)
                                                 : std::nullopt;
    if (node.kind != YamlNode::Kind::Sequence) return std::nullopt;
    std::string items;
    for (const YamlNode& item : node.items) {
      if (item.kind != YamlNode::Kind::Scalar) return std::nullopt;
      // What no list of plain words can hold is left for the field to refuse.
      const bool word = !item.text.empty() && !item.text.contains(',');
      items += (items.empty() ? "" : ", ") + (word ? item.text : "''");
    }
    return "[" + items + "]";
  }

  static std::string_view what_it_has(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::Null) return "has no value";
    return node.kind == YamlNode::Kind::Map ? "has keys" : "has a list";
  }

  void report(int line, int column, std::string_view path,
              const std::string& message, std::string hint = "") {
    problems_.push_back(
        {.line = line,
         .column = column,
         .message = path.empty() ? message : std::string(path) + ": " + message,
         .hint = std::move(hint)});
  }

  Config config_;
  std::vector<ConfigProblem> problems_;
};

}  // namespace

std::expected<Config, std::vector<ConfigProblem>> parse_config(
    std::string_view yaml) {
  const auto document = parse_yaml(yaml);
  if (!document) return std::unexpected(document.error());
  Reader reader;
  reader.read_section(*document, "");
  return std::move(reader).result();
}

std::string format_config(const Config& config) {
  std::string text =
      "# /etc/tcpstated/tcpstated.yml. Every key is optional.\n"
      "# Unknown keys, duplicate keys, anchors and further documents are "
      "errors.\n"
      "# SIGHUP reloads it; keys marked (restart) need a restart.\n";
  std::vector<std::string_view> open;  // sections of the field before
  for (const ConfigField& field : config_fields()) {
    auto parts = split(field.path, '.');
    const std::string_view key = parts.back();
    parts.pop_back();
    const auto shared = std::ranges::mismatch(open, parts).in2;
    for (auto section = shared; section != parts.end(); ++section) {
      const auto depth = static_cast<std::size_t>(section - parts.begin());
      if (depth == 0) text += '\n';
      text += std::string(2 * depth, ' ') + std::string(*section) + ":\n";
    }
    open = parts;
    const std::string indent(2 * parts.size(), ' ');
    text += indent + "# " + std::string(field.help) + "\n";
    text += indent + "# " + std::string(field.expects) +
            (field.live ? "" : " (restart)") + "\n";
    text += indent + std::string(key) + ": " + field.write(config) + "\n";
  }
  return text;
}

}  // namespace tcpstated
