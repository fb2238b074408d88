// SPDX-License-Identifier: Apache-2.0
#include "config/web_config.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/strings.hpp"
#include "config/web_fields.hpp"

namespace tcpstated {
namespace {

constexpr std::array<std::string_view, 4> kSections{
    "tls_server_config", "http_server_config", "basic_auth_users",
    "rate_limit"};

std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words)
    text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

class WebReader {
 public:
  void read(const YamlNode& root) {
    for (const YamlEntry& entry : entries_of(root, "")) {
      if (std::ranges::find(kSections, entry.key) == kSections.end())
        report_unknown(entry, "", kSections);
      else if (entry.key == "basic_auth_users")
        read_users(entry);
      else
        read_section(entry);
    }
  }

  std::expected<WebConfig, std::vector<ConfigProblem>> result() && {
    for (WebConflict& conflict : find_conflicts(config_, places_))
      report(conflict.line, conflict.column, conflict.path,
             std::move(conflict.message));
    if (problems_.empty()) return std::move(config_);
    std::ranges::stable_sort(problems_, {}, [](const ConfigProblem& problem) {
      return std::pair(problem.line, problem.column);
    });
    return std::unexpected(std::move(problems_));
  }

 private:
  /// The entries of a section; none if it is empty or no section.
  std::span<const YamlEntry> entries_of(const YamlNode& node,
                                        const std::string& path) {
    if (node.kind != YamlNode::Kind::Map && node.kind != YamlNode::Kind::Null)
      report(node.line, node.column, path,
             std::string(path.empty() ? "the file" : "this") +
                 " must be a section of keys");
    return node.entries;
  }

  void read_section(const YamlEntry& section) {
    for (const YamlEntry& entry : entries_of(section.value, section.key)) {
      const std::string path = section.key + "." + entry.key;
      if (path == "http_server_config.headers")
        read_headers(entry);
      else
        read_field(path, entry, section.key);
    }
  }

  void read_field(const std::string& path, const YamlEntry& entry,
                  const std::string& section) {
    const auto field = std::ranges::find(web_fields(), path, &WebField::path);
    if (field == web_fields().end())
      return report_unknown(entry, section, keys_of(section));
    const bool scalar = entry.value.kind == YamlNode::Kind::Scalar;
    if (const auto items = texts_of(*field, entry.value)) {
      places_[field->path] = {entry.line, entry.column};
      for (const YamlNode* item : *items)
        if (!field->read(item->text, entry, config_))
          report(
              item->line, item->column, path,
              (field->secret ? "this" : "'" + printable(item->text, 64) + "'") +
                  " is not " + std::string(field->expects));
      return;
    }
    report(scalar ? entry.value.line : entry.line,
           scalar ? entry.value.column : entry.column, path,
           field->list ? "a list is expected" : "one value is expected");
  }

  /// The scalars to be read: one, or those of a list; nullopt if it is not so.
  static std::optional<std::vector<const YamlNode*>> texts_of(
      const WebField& field, const YamlNode& node) {
    if (node.kind == YamlNode::Kind::Null)
      return std::vector<const YamlNode*>{};
    if (!field.list && node.kind == YamlNode::Kind::Scalar)
      return std::vector{&node};
    if (!field.list || node.kind != YamlNode::Kind::Sequence)
      return std::nullopt;
    std::vector<const YamlNode*> items;
    for (const YamlNode& item : node.items) {
      if (item.kind != YamlNode::Kind::Scalar) return std::nullopt;
      items.push_back(&item);
    }
    return items;
  }

  void read_headers(const YamlEntry& section) {
    const std::string path = "http_server_config.headers";
    for (const YamlEntry& entry : entries_of(section.value, path)) {
      const auto known = std::ranges::find(web_header_rules(), entry.key,
                                           &WebHeaderRule::name);
      if (known == web_header_rules().end()) {
        report_unknown(entry, path, header_names());
        continue;
      }
      const YamlNode& value = entry.value;
      const bool blank =
          value.kind == YamlNode::Kind::Null ||
          (value.kind == YamlNode::Kind::Scalar && trim(value.text).empty());
      if (blank) continue;  // as if it were not there
      if (value.kind == YamlNode::Kind::Scalar && known->allows(value.text))
        config_.headers.push_back({entry.key, value.text});
      else
        report(value.line, value.column, path + "." + entry.key,
               "this is not " + std::string(known->expects));
    }
  }

  void read_users(const YamlEntry& section) {
    for (const YamlEntry& entry : entries_of(section.value, section.key)) {
      const std::string path = section.key + "." + printable(entry.key, 64);
      if (!is_user_name(entry.key))
        report(entry.line, entry.column, path,
               "a user has a name without ':' and control characters");
      else if (entry.value.kind != YamlNode::Kind::Scalar ||
               !is_password_hash(entry.value.text))
        report(entry.value.line, entry.value.column, path,
               "this is not a bcrypt hash", "Make one: htpasswd -nBC 10 USER");
      else
        config_.users.emplace(entry.key, entry.value.text);
    }
  }

  static std::vector<std::string_view> keys_of(std::string_view section) {
    std::vector<std::string_view> keys;
    for (const WebField& field : web_fields())
      if (field.path.substr(0, field.path.find('.')) == section)
        keys.push_back(field.path.substr(section.size() + 1));
    if (section == "http_server_config") keys.push_back("headers");
    return keys;
  }

  static std::vector<std::string_view> header_names() {
    std::vector<std::string_view> names;
    for (const WebHeaderRule& rule : web_header_rules())
      names.push_back(rule.name);
    return names;
  }

  void report_unknown(const YamlEntry& entry, const std::string& section,
                      std::span<const std::string_view> known) {
    const auto near = closest(entry.key, known);
    report(entry.line, entry.column,
           (section.empty() ? "" : section + ".") + printable(entry.key, 64),
           "unknown key",
           near ? "Did you mean '" + std::string(*near) + "'?"
                : "The keys here are " + listed(known) + ".");
  }

  void report(int line, int column, const std::string& path,
              std::string message, std::string hint = "") {
    problems_.push_back(
        {.line = line,
         .column = column,
         .message = path.empty() ? std::move(message) : path + ": " + message,
         .hint = std::move(hint)});
  }

  WebConfig config_;
  WebPlaces places_;
  std::vector<ConfigProblem> problems_;
};

}  // namespace

std::expected<WebConfig, std::vector<ConfigProblem>> parse_web_config(
    std::string_view yaml) {
  const auto document = parse_yaml(yaml);
  if (!document) return std::unexpected(document.error());
  WebReader reader;
  reader.read(*document);
  return std::move(reader).result();
}

}  // namespace tcpstated
