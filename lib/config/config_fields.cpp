// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/strings.hpp"
#include "config/config.hpp"
#include "config/field_values.hpp"
#include "config/model_fields.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

template <typename Enum, std::size_t N>
bool read_label(std::string_view text,
                const std::array<std::string_view, N>& labels, Enum& into) {
  const auto found = std::ranges::find(labels, text);
  if (found == labels.end()) return false;
  into = static_cast<Enum>(found - labels.begin());
  return true;
}

template <typename Enum, std::size_t N>
std::string write_label(const std::array<std::string_view, N>& labels,
                        Enum value) {
  return std::string(labels[static_cast<std::size_t>(value)]);
}

bool read_duration(std::string_view text, Duration least, Duration most,
                   Duration& into) {
  const auto duration = parse_duration(text);
  if (!duration || *duration < least || *duration > most) return false;
  into = *duration;
  return true;
}

constexpr std::array kFields{
    ConfigField{"backends.sock_diag.enabled", ConfigKind::Text, false,
                "auto, true or false",
                "The kernel's socket table by netlink. auto: if it works here.",
                [](std::string_view text, Config& into) {
                  return read_label(text, kEnabledLabels,
                                    into.capture.sock_diag.enabled);
                },
                [](const Config& from) {
                  return write_label(kEnabledLabels,
                                     from.capture.sock_diag.enabled);
                }},
    ConfigField{
        "backends.sock_diag.interval", ConfigKind::Text, false,
        "a duration from 100ms to 5m",
        "Between two sweeps; more where they would take over 0.5 % of a core.",
        [](std::string_view text, Config& into) {
          return read_duration(text, 100ms, 5min,
                               into.capture.sock_diag.interval);
        },
        [](const Config& from) {
          return format_duration(from.capture.sock_diag.interval);
        }},
    ConfigField{
        "backends.ebpf.enabled", ConfigKind::Text, false, "auto, true or false",
        "Transitions as they happen, by programs in the kernel. Needs "
        "sock_diag.",
        [](std::string_view text, Config& into) {
          return read_label(text, kEnabledLabels, into.capture.ebpf.enabled);
        },
        [](const Config& from) {
          return write_label(kEnabledLabels, from.capture.ebpf.enabled);
        }},
    ConfigField{
        "backends.ebpf.reconcile_interval", ConfigKind::Text, false,
        "a duration from 1s to 1h",
        "What events say is checked against a dump this often, and after a "
        "loss.",
        [](std::string_view text, Config& into) {
          return read_duration(text, 1s, 1h,
                               into.capture.ebpf.reconcile_interval);
        },
        [](const Config& from) {
          return format_duration(from.capture.ebpf.reconcile_interval);
        }},
    ConfigField{
        "backends.pcap.enabled", ConfigKind::Text, false, "auto, true or false",
        "Packets on the wire: also the state of the other end.",
        [](std::string_view text, Config& into) {
          return read_label(text, kEnabledLabels, into.capture.pcap.enabled);
        },
        [](const Config& from) {
          return write_label(kEnabledLabels, from.capture.pcap.enabled);
        }},
    ConfigField{
        "backends.pcap.interfaces", ConfigKind::List, false,
        "a list of interface names", "Empty: all that are up.",
        [](std::string_view text, Config& into) {
          return read_list(text, read_interface, into.capture.pcap.interfaces);
        },
        [](const Config& from) {
          return write_list(from.capture.pcap.interfaces,
                            [](const std::string& name) { return name; });
        }},
    ConfigField{"backends.pcap.snapshot_length", ConfigKind::Number, false,
                "a number from 96 to 262144",
                "Bytes taken of each packet: the headers, not the data.",
                [](std::string_view text, Config& into) {
                  return read_number(text, 96, 262144,
                                     into.capture.pcap.snapshot_length);
                },
                [](const Config& from) {
                  return std::to_string(from.capture.pcap.snapshot_length);
                }},
    ConfigField{"backends.pcap.buffer_size", ConfigKind::Text, false,
                "a size from 1MB to 1GB",
                "Of each interface, for the packets that wait to be read.",
                [](std::string_view text, Config& into) {
                  return read_size(text, std::size_t{1} << 20U,
                                   std::size_t{1} << 30U,
                                   into.capture.pcap.buffer_size);
                },
                [](const Config& from) {
                  return write_size(from.capture.pcap.buffer_size);
                }},
    ConfigField{
        "backends.pcap.promiscuous", ConfigKind::Text, false, "true or false",
        "Also packets that are not for this host: at a tap or mirror.",
        [](std::string_view text, Config& into) {
          return read_bool(text, into.capture.pcap.promiscuous);
        },
        [](const Config& from) {
          return std::string(from.capture.pcap.promiscuous ? "true" : "false");
        }},
    ConfigField{"backends.pcap.local_addresses", ConfigKind::List, false,
                "a list of addresses and prefixes",
                "The hosts this program sits beside. Empty: this host.",
                [](std::string_view text, Config& into) {
                  const auto read = [](std::string_view word) {
                    auto prefix = IpPrefix::parse(word);
                    return prefix ? std::optional(*prefix) : std::nullopt;
                  };
                  return read_list(text, read,
                                   into.capture.pcap.local_addresses);
                },
                [](const Config& from) {
                  return write_list(from.capture.pcap.local_addresses,
                                    [](const IpPrefix& prefix) {
                                      return prefix.to_string();
                                    });
                }},
    ConfigField{"attribution.method", ConfigKind::Text, false,
                "auto, ebpf, procfs or off",
                "How the processes that hold leaked sockets are found.",
                [](std::string_view text, Config& into) {
                  return read_label(text, kAttributionMethodLabels,
                                    into.attribution.method);
                },
                [](const Config& from) {
                  return write_label(kAttributionMethodLabels,
                                     from.attribution.method);
                }},
    ConfigField{
        "table.max_connections", ConfigKind::Number, false,
        "a number from 1000 to 100000000",
        "Sockets watched at once, 300 bytes each; the rest count as evicted.",
        [](std::string_view text, Config& into) {
          return read_number(text, 1000, 100'000'000,
                             into.table.max_connections);
        },
        [](const Config& from) {
          return std::to_string(from.table.max_connections);
        }},
    ConfigField{"leaks.close_wait.threshold", ConfigKind::Text, true,
                "a duration from 1s to 365d",
                "A socket in CLOSE_WAIT for less than this is normal.",
                [](std::string_view text, Config& into) {
                  return read_duration(text, 1s, std::chrono::days(365),
                                       into.leaks.threshold);
                },
                [](const Config& from) {
                  return format_duration(from.leaks.threshold);
                }},
    ConfigField{
        "leaks.close_wait.half_close_grace", ConfigKind::Text, true,
        "a duration from 1s to 365d",
        "Longest pause of an application that sends on after the peer's FIN.",
        [](std::string_view text, Config& into) {
          return read_duration(text, 1s, std::chrono::days(365),
                               into.leaks.half_close_grace);
        },
        [](const Config& from) {
          return format_duration(from.leaks.half_close_grace);
        }},
    ConfigField{
        "metrics.max_processes", ConfigKind::Number, true,
        "a number from 1 to 100",
        "Processes with series of their own; process=\"_other\" sums the rest.",
        [](std::string_view text, Config& into) {
          return read_number(text, 1, 100, into.leaks.max_processes);
        },
        [](const Config& from) {
          return std::to_string(from.leaks.max_processes);
        }},
    ConfigField{
        "web.detail_access", ConfigKind::Text, true, "local or all",
        "Who may read connections and processes; everybody may read counts.",
        [](std::string_view text, Config& into) {
          return read_label(text, kDetailAccessLabels, into.http.detail_access);
        },
        [](const Config& from) {
          return write_label(kDetailAccessLabels, from.http.detail_access);
        }},
    ConfigField{
        "web.max_connections", ConfigKind::Number, false,
        "a number from 1 to 100000",
        "HTTP connections open at once, also kept under the descriptor limit.",
        [](std::string_view text, Config& into) {
          return read_number(text, 1, 100'000, into.http.max_connections);
        },
        [](const Config& from) {
          return std::to_string(from.http.max_connections);
        }},
};

std::vector<ConfigField> all_fields() {
  std::vector<ConfigField> all(kFields.begin(), kFields.end());
  const auto place =
      std::ranges::find(all, "leaks.close_wait.threshold", &ConfigField::path);
  const auto model = model_fields();
  all.insert(place, model.begin(), model.end());
  return all;
}

}  // namespace

std::span<const ConfigField> config_fields() {
  static const std::vector<ConfigField> kAll = all_fields();
  return kAll;
}

std::vector<std::string_view> needs_restart(const Config& running,
                                            const Config& wanted) {
  std::vector<std::string_view> paths;
  for (const ConfigField& field : config_fields())
    if (!field.live && field.write(running) != field.write(wanted))
      paths.push_back(field.path);
  return paths;
}

Config with_live_fields(Config running, const Config& wanted) {
  for (const ConfigField& field : config_fields())
    if (field.live) field.read(field.write(wanted), running);
  return running;
}

}  // namespace tcpstated
