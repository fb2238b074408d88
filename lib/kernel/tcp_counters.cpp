// SPDX-License-Identifier: Apache-2.0
#include "kernel/tcp_counters.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/strings.hpp"
#include "kernel/proc_file.hpp"

namespace tcpstated {
namespace {

enum class Layout : std::uint8_t {
  Columns,  ///< "Tcp: name name" above "Tcp: value value"
  Pairs,    ///< "TCP: name value name value"
};

struct FileInfo {
  CounterFile file;
  std::string_view name;
  Layout layout;
  bool optional;  ///< absent where the kernel lacks the feature
};

constexpr std::array<FileInfo, 4> kFiles{{
    {CounterFile::Snmp, "snmp", Layout::Columns, false},
    {CounterFile::Netstat, "netstat", Layout::Columns, false},
    {CounterFile::Sockstat, "sockstat", Layout::Pairs, false},
    {CounterFile::Sockstat6, "sockstat6", Layout::Pairs, true},  // no IPv6
}};

struct Item {
  CounterFile file;
  std::string_view section;
  std::string_view name;
  std::uint64_t TcpCounters::* into;
  bool optional = false;
};

constexpr std::array<Item, 10> kItems{{
    {CounterFile::Snmp, "Tcp:", "CurrEstab", &TcpCounters::curr_estab},
    {CounterFile::Snmp, "Tcp:", "OutRsts", &TcpCounters::resets_sent},
    {CounterFile::Netstat, "TcpExt:", "ListenOverflows",
     &TcpCounters::listen_overflows},
    {CounterFile::Netstat, "TcpExt:", "ListenDrops",
     &TcpCounters::listen_drops},
    {CounterFile::Netstat, "MPTcpExt:", "MPCurrEstab",
     &TcpCounters::mptcp_curr_estab, true},
    {CounterFile::Sockstat, "TCP:", "inuse", &TcpCounters::inuse_ipv4},
    {CounterFile::Sockstat, "TCP:", "orphan", &TcpCounters::orphans},
    {CounterFile::Sockstat, "TCP:", "tw", &TcpCounters::time_wait},
    {CounterFile::Sockstat, "TCP:", "alloc", &TcpCounters::allocated},
    {CounterFile::Sockstat6, "TCP6:", "inuse", &TcpCounters::inuse_ipv6},
}};

constexpr const FileInfo& info(CounterFile file) {
  return kFiles[static_cast<std::size_t>(file)];
}

struct Line {
  std::size_t number = 0;
  std::vector<std::string_view> words;  ///< without the section
};

/// The lines of `section`, which is the first word of each.
std::vector<Line> lines_of(std::string_view text, std::string_view section) {
  std::vector<Line> lines;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (!line.starts_with(section)) continue;
    lines.push_back({number, split_words(line.substr(section.size()))});
  }
  return lines;
}

/// The word that is the value of `name`, and its line.
struct Value {
  std::string_view word;
  std::size_t line = 0;
};

std::optional<Value> value_in_columns(const std::vector<Line>& lines,
                                      std::string_view name) {
  if (lines.size() < 2) return std::nullopt;
  const auto& names = lines[0].words;
  const auto found = std::ranges::find(names, name);
  const auto column = static_cast<std::size_t>(found - names.begin());
  if (found == names.end() || column >= lines[1].words.size())
    return std::nullopt;
  return Value{lines[1].words[column], lines[1].number};
}

std::optional<Value> value_in_pairs(const std::vector<Line>& lines,
                                    std::string_view name) {
  if (lines.empty()) return std::nullopt;
  const auto& words = lines[0].words;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2)
    if (words[i] == name) return Value{words[i + 1], lines[0].number};
  return std::nullopt;
}

std::string place(const Item& item) {
  return "'/proc/net/" + std::string(info(item.file).name) + "' item '" +
         std::string(item.section) + " " + std::string(item.name) + "'";
}

Result<> parse_item(const Item& item, std::string_view text,
                    TcpCounters& into) {
  const std::vector<Line> lines = lines_of(text, item.section);
  const auto value = info(item.file).layout == Layout::Columns
                         ? value_in_columns(lines, item.name)
                         : value_in_pairs(lines, item.name);
  if (!value) {
    if (item.optional) return {};
    return fail(place(item) + " is missing");
  }
  const auto number = parse_number<std::uint64_t>(value->word);
  if (!number)
    return fail(place(item) + " line " + std::to_string(value->line) + ": '" +
                printable(value->word) + "' is not a number");
  into.*item.into = *number;
  return {};
}

}  // namespace

Result<> parse_counters(CounterFile file, std::string_view text,
                        TcpCounters& into) {
  for (const Item& item : kItems)
    if (item.file == file)
      if (auto parsed = parse_item(item, text, into); !parsed) return parsed;
  return {};
}

Result<TcpCounters> TcpCountersReader::read() const {
  TcpCounters counters;
  for (const FileInfo& file : kFiles) {
    const auto text = read_proc_file(
        AT_FDCWD, root_ + "/thread-self/net/" + std::string(file.name));
    if (!text) {
      if (file.optional && is_gone(text.error())) continue;
      return std::unexpected(text.error());
    }
    if (auto parsed = parse_counters(file.file, *text, counters); !parsed)
      return std::unexpected(parsed.error());
  }
  return counters;
}

}  // namespace tcpstated
