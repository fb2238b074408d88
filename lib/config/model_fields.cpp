// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/strings.hpp"
#include "config/config.hpp"
#include "config/field_values.hpp"
#include "config/model_fields.hpp"

namespace tcpstated {
namespace {

using Options = TcpModelOptions;

/// Everything that can be a number of seconds, and much more than any host has.
template <Duration Options::* kMember>
constexpr ConfigField duration_field(std::string_view path,
                                     std::string_view help) {
  return {
      path,
      ConfigKind::Text,
      false,
      "a duration from 1ms to 1d",
      help,
      [](std::string_view text, Config& into) {
        const auto value = parse_duration(text);
        if (!value || *value < std::chrono::milliseconds(1) ||
            *value > std::chrono::days(1))
          return false;
        into.model.*kMember = *value;
        return true;
      },
      [](const Config& from) { return format_duration(from.model.*kMember); }};
}

constexpr std::array kFields{
    ConfigField{"packets.max_connections", ConfigKind::Number, false,
                "a number from 1000 to 100000000",
                "Connections known from packets; then the least needed goes.",
                [](std::string_view text, Config& into) {
                  return read_number(text, 1000, 100'000'000,
                                     into.model.max_connections);
                },
                [](const Config& from) {
                  return std::to_string(from.model.max_connections);
                }},
    ConfigField{
        "packets.max_memory", ConfigKind::Text, false,
        "a size from 1MB to 64GB", "Of their table.",
        [](std::string_view text, Config& into) {
          return read_size(text, std::size_t{1} << 20U, std::size_t{64} << 30U,
                           into.model.max_bytes);
        },
        [](const Config& from) { return write_size(from.model.max_bytes); }},
    duration_field<&Options::time_wait>("packets.time_wait",
                                        "2 MSL of the hosts that are watched."),
    duration_field<&Options::fin_wait_2>(
        "packets.fin_wait_2", "FIN-WAIT-2 of an end that does not read on."),
    duration_field<&Options::syn_received>(
        "packets.syn_received", "An unfinished handshake at the server."),
    duration_field<&Options::syn_sent>(
        "packets.syn_sent", "An unfinished handshake at the client."),
    duration_field<&Options::unacknowledged_fin>(
        "packets.unacknowledged_fin", "A FIN that nobody acknowledges."),
    duration_field<&Options::presumption>(
        "packets.presumption",
        "What goes to a remote end counts as received, unconfirmed."),
    duration_field<&Options::duplicate_window>(
        "packets.duplicate_window",
        "Between copies of one packet on two devices."),
};

}  // namespace

std::span<const ConfigField> model_fields() { return kFields; }

}  // namespace tcpstated
