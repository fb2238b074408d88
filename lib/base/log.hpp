// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Structured log lines: a level, a sentence, key=value pairs. Only daemon/ and
/// the few places that swallow an error write them; libraries return errors.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.hpp"
#include "base/time.hpp"

namespace tcpstated {

enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };
enum class LogFormat : std::uint8_t { Logfmt, Json, Journal };

inline constexpr std::array<std::string_view, 4> kLogLevelLabels{
    "debug", "info", "warn", "error"};
inline constexpr std::array<std::string_view, 3> kLogFormatLabels{
    "logfmt", "json", "journal"};

struct LogField {
  std::string_view key;  ///< snake_case; upper-cased for the journal
  std::string value;
};

struct LogRecord {
  WallTime at;
  LogLevel level = LogLevel::Info;
  std::string_view message;
  std::initializer_list<LogField> fields;
};

struct LogOptions {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Logfmt;
  /// Equal warnings and errors within this time are written once and counted.
  Duration repeat_interval = std::chrono::minutes(1);
};

/// One line without its line end, every value escaped so that no process name
/// or path can forge a second line. Pure.
[[nodiscard]] std::string format_logfmt(const LogRecord& record);
[[nodiscard]] std::string format_json(const LogRecord& record);

/// Writes lines to standard error or records to the journal, and counts them.
/// Belongs to the I/O thread: other threads post what they have to say to it.
class Log {
 public:
  using Clock = std::function<WallTime()>;
  /// Takes a formatted line; tests collect them, the default writes to fd 2.
  using Writer = std::function<void(std::string_view line)>;

  explicit Log(LogOptions options, Clock clock = {}, Writer writer = {});

  void debug(std::string_view message,
             std::initializer_list<LogField> fields = {});
  void info(std::string_view message,
            std::initializer_list<LogField> fields = {});
  void warn(std::string_view message,
            std::initializer_list<LogField> fields = {});
  void error(std::string_view message,
             std::initializer_list<LogField> fields = {});

  /// Messages by level, those below the threshold and repeats included.
  [[nodiscard]] std::uint64_t count(LogLevel level) const {
    return counts_[static_cast<std::size_t>(level)];
  }

 private:
  struct Repeat {
    WallTime first;
    std::uint64_t suppressed = 0;
  };

  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields);
  void emit(const LogRecord& record);

  LogOptions options_;
  Clock clock_;
  Writer writer_;
  std::array<std::uint64_t, kLogLevelLabels.size()> counts_{};
  std::unordered_map<std::string, Repeat> repeats_;
};

/// Whether standard error is the journal stream systemd named in
/// $JOURNAL_STREAM ("device:inode"), as sd_journal clients are told to check.
[[nodiscard]] bool stderr_is_journal(const char* journal_stream);

}  // namespace tcpstated
