// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// Distinct messages remembered for suppression; more than the program has.
constexpr std::size_t kMaxRepeats = 256;
/// Longer texts are cut: a line has to fit a screen, not a page.
constexpr std::size_t kMaxValue = 4096;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : printable(text, kMaxValue)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_logfmt_value(std::string& out, std::string_view text) {
  const bool plain =
      !text.empty() && text.size() <= kMaxValue &&
      std::ranges::all_of(text, [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
      });
  if (plain)
    out += text;
  else
    append_quoted(out, text);
}

/// syslog(3) priorities.
int priority(LogLevel level) {
  constexpr std::array kPriorities{7, 6, 4, 3};
  return kPriorities[static_cast<std::size_t>(level)];
}

void send_to_journal(const LogRecord& record) {
  std::vector<std::string> fields{
      fmt::format("MESSAGE={}", printable(record.message, kMaxValue)),
      fmt::format("PRIORITY={}", priority(record.level)),
      "SYSLOG_IDENTIFIER=tcpstated"};
  for (const LogField& field : record.fields) {
    std::string name = "TCPSTATED_";
    for (const char c : field.key)
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    fields.push_back(name + "=" + printable(field.value, kMaxValue));
    fields[0] +=
        fmt::format(" {}={}", field.key, printable(field.value, kMaxValue));
  }
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (std::string& field : fields)
    parts.push_back({field.data(), field.size()});
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

void write_to_stderr(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  // One write per line keeps lines whole; there is nobody to tell if it fails.
  [[maybe_unused]] const auto ignored =
      ::write(STDERR_FILENO, whole.data(), whole.size());
}

}  // namespace

std::string format_logfmt(const LogRecord& record) {
  std::string line =
      fmt::format("ts={} level={} msg=", format_rfc3339(record.at),
                  kLogLevelLabels[static_cast<std::size_t>(record.level)]);
  append_quoted(line, record.message);
  for (const LogField& field : record.fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_logfmt_value(line, field.value);
  }
  return line;
}

std::string format_json(const LogRecord& record) {
  std::string line = fmt::format(
      R"({{"ts":"{}","level":"{}","msg":)", format_rfc3339(record.at),
      kLogLevelLabels[static_cast<std::size_t>(record.level)]);
  append_quoted(line, record.message);
  for (const LogField& field : record.fields) {
    line += fmt::format(R"(,"{}":)", field.key);
    append_quoted(line, field.value);
  }
  return line + "}";
}

Log::Log(LogOptions options, Clock clock, Writer writer)
    : options_(options),
      clock_(std::move(clock)),
      writer_(writer ? std::move(writer) : write_to_stderr) {
  if (!clock_) clock_ = [] { return std::chrono::system_clock::now(); };
}

void Log::debug(std::string_view message,
                std::initializer_list<LogField> fields) {
  write(LogLevel::Debug, message, fields);
}
void Log::info(std::string_view message,
               std::initializer_list<LogField> fields) {
  write(LogLevel::Info, message, fields);
}
void Log::warn(std::string_view message,
               std::initializer_list<LogField> fields) {
  write(LogLevel::Warn, message, fields);
}
void Log::error(std::string_view message,
                std::initializer_list<LogField> fields) {
  write(LogLevel::Error, message, fields);
}

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) {
  ++counts_[static_cast<std::size_t>(level)];
  if (level < options_.level) return;
  const WallTime now = clock_();
  if (level >= LogLevel::Warn) {
    if (repeats_.size() > kMaxRepeats) repeats_.clear();
    const auto [at, fresh] =
        repeats_.try_emplace(std::string(message), Repeat{now, 0});
    Repeat& repeat = at->second;
    if (!fresh && now - repeat.first < options_.repeat_interval &&
        now >= repeat.first) {
      ++repeat.suppressed;
      return;
    }
    if (const auto hidden = std::exchange(repeat, {now, 0}).suppressed)
      emit({now,
            level,
            "suppressed repeats of a message",
            {{"message", std::string(message)},
             {"count", std::to_string(hidden)}}});
  }
  emit({now, level, message, fields});
}

void Log::emit(const LogRecord& record) {
  switch (options_.format) {
    case LogFormat::Journal:
      return send_to_journal(record);
    case LogFormat::Json:
      return writer_(format_json(record));
    case LogFormat::Logfmt:
      return writer_(format_logfmt(record));
  }
}

bool stderr_is_journal(const char* journal_stream) {
  struct stat status{};
  if (journal_stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0)
    return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == journal_stream;
}

}  // namespace tcpstated
