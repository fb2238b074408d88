// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One segment in the language of segment_script.hpp, as it is written.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

/// A sequence number: from the ISN, or from what would be due.
struct ScriptSeq {
  char sign = ' ';  ///< '+', '-' or ' ' (from the ISN)
  std::uint32_t distance = 0;

  [[nodiscard]] Seq resolve(Seq isn, Seq due) const {
    return sign == '+'   ? due + distance
           : sign == '-' ? Seq{due.raw - distance}
                         : isn + distance;
  }
};

struct ScriptLine {
  std::size_t sender = 0;  ///< 0: C, 1: S
  Segment segment;         ///< flags, payload, options
  bool no_ack = false, again = false, lost = false, unseen = false;
  bool dup = false;
  std::optional<ScriptSeq> seq, ack;
  std::optional<std::uint32_t> isn;
  std::optional<std::uint16_t> window, ip_id;
  std::uint32_t sack = 0;  ///< from the peer's ISN

  /// nullopt: `problem` is the word that is not of the language.
  static std::optional<ScriptLine> parse(
      const std::vector<std::string_view>& words, std::string& problem) {
    ScriptLine line;
    line.sender = words[0] == "C>S" ? 0 : 1;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "data" && i + 1 < words.size()) {
        line.segment.payload =
            parse_number<std::uint32_t>(words[++i]).value_or(0);
      } else if (!line.take_flag(words[i]) && !line.take_value(words[i])) {
        problem = words[i];
        return std::nullopt;
      }
    }
    return line;
  }

 private:
  bool take_flag(std::string_view word) {
    TcpFlags& flags = segment.flags;
    if (word == "SYN") return flags.syn = true;
    if (word == "ACK") return flags.ack = true;
    if (word == "FIN") return flags.fin = true;
    if (word == "RST") return flags.rst = true;
    if (word == "tfo") return segment.options.fast_open = true;
    const std::map<std::string_view, bool*> switches{{"noack", &no_ack},
                                                     {"again", &again},
                                                     {"lost", &lost},
                                                     {"unseen", &unseen},
                                                     {"dup", &dup}};
    const auto found = switches.find(word);
    return found != switches.end() && (*found->second = true);
  }

  bool take_value(std::string_view word) {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || equals + 1 == word.size())
      return false;
    const std::string_view name = word.substr(0, equals);
    std::string_view text = word.substr(equals + 1);
    ScriptSeq place;
    if (text[0] == '+' || text[0] == '-') {
      place.sign = text[0];
      text.remove_prefix(1);
    }
    const auto number = parse_number<std::uint32_t>(text);
    if (!number) return false;
    place.distance = *number;
    SegmentOptions& options = segment.options;
    if (name == "seq") return seq = place, true;
    if (name == "ack") return ack = place, true;
    if (name == "isn") return isn = *number, true;
    if (name == "win")
      return window = static_cast<std::uint16_t>(*number), true;
    if (name == "id") return ip_id = static_cast<std::uint16_t>(*number), true;
    if (name == "sack") return sack = *number, options.has_sack = true;
    if (name == "ts")
      return options.timestamp = *number, options.has_timestamp = true;
    if (name != "wscale") return false;
    options.window_scale = static_cast<std::uint8_t>(*number);
    return options.has_window_scale = true;
  }
};

}  // namespace tcpstated
