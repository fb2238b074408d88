// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc_text.hpp"

#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// Position of starttime among the fields behind the name (field 22 of 52).
constexpr std::size_t kStartTimeField = 19;

/// What follows `key` in the line that begins with it.
std::optional<std::string_view> find_line(std::string_view text,
                                          std::string_view key) {
  for (const std::string_view line : split(text, '\n'))
    if (line.starts_with(key)) return line.substr(key.size());
  return std::nullopt;
}

}  // namespace

std::optional<ProcStat> parse_stat(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open)
    return std::nullopt;
  const auto fields = split_words(trim(text.substr(close + 1)));
  if (fields.size() <= kStartTimeField || fields[0].size() != 1)
    return std::nullopt;
  const auto start = parse_number<std::uint64_t>(fields[kStartTimeField]);
  if (!start) return std::nullopt;
  return ProcStat{.command = text.substr(open + 1, close - open - 1),
                  .state = fields[0][0],
                  .start_time = *start};
}

std::optional<std::uint32_t> parse_uid(std::string_view status) {
  const auto line = find_line(status, "Uid:");
  if (!line) return std::nullopt;
  const auto words = split_words(*line);  // real, effective, saved, file system
  if (words.size() < 2) return std::nullopt;
  return parse_number<std::uint32_t>(words[1]);
}

std::optional<std::uint64_t> parse_max_fds(std::string_view limits) {
  const auto line = find_line(limits, "Max open files");
  if (!line) return std::nullopt;
  const auto words = split_words(*line);  // soft, hard, unit
  if (words.empty()) return std::nullopt;
  return parse_number<std::uint64_t>(words[0]);
}

std::optional<std::uint64_t> parse_socket_link(std::string_view link) {
  constexpr std::string_view kPrefix = "socket:[";
  if (!link.starts_with(kPrefix) || !link.ends_with(']')) return std::nullopt;
  return parse_number<std::uint64_t>(
      link.substr(kPrefix.size(), link.size() - kPrefix.size() - 1));
}

std::vector<FixedFile> parse_fixed_files(std::string_view fdinfo) {
  std::vector<FixedFile> files;
  bool in_list = false;
  for (const std::string_view line : split(fdinfo, '\n')) {
    if (line.starts_with("UserFiles:")) {
      in_list = true;
      continue;
    }
    if (!in_list) continue;
    const auto words = split_words(line);
    if (words.empty() || !words[0].ends_with(':')) break;
    const auto slot =
        parse_number<std::int32_t>(words[0].substr(0, words[0].size() - 1));
    if (!slot) break;  // the next heading ("UserBufs:")
    if (words.size() != 2) continue;
    if (const auto inode = parse_socket_link(words[1]))
      files.push_back({*slot, *inode});
  }
  return files;
}

std::uint32_t parse_in_flight(std::string_view fdinfo) {
  const auto count = find_line(fdinfo, "scm_fds:");
  if (!count) return 0;
  return parse_number<std::uint32_t>(trim(*count)).value_or(0);
}

}  // namespace tcpstated
