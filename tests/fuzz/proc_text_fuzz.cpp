// SPDX-License-Identifier: Apache-2.0
// Whatever a file of /proc may hold, given to every parser of such files. What
// they find has to lie in the text, and what people will read to be readable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/strings.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/proc_text.hpp"
#include "kernel/tcp_counters.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_part(std::string_view part, std::string_view text) {
  return part.empty() ||
         (part.data() >= text.data() &&
          part.data() + part.size() <= text.data() + text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto stat = parse_stat(text)) {
    require(is_part(stat->command, text));
    require(is_valid_utf8(printable(stat->command)));
  }
  (void)parse_uid(text);
  (void)parse_max_fds(text);
  (void)parse_socket_link(text);
  (void)parse_in_flight(text);
  // The shortest line is "0: socket:[0]".
  require(parse_fixed_files(text).size() * 13 <= size);

  const std::string_view cgroup = cgroup_of(text);
  require(cgroup == "/" || is_part(cgroup, text));
  require(cgroup.find('\n') == cgroup.npos);
  require(is_part(unit_of(cgroup), cgroup));
  require(is_part(unit_of(text), text));
  require(cgroup2_mount(text).size() <= size);

  for (const CounterFile file :
       {CounterFile::Snmp, CounterFile::Netstat, CounterFile::Sockstat,
        CounterFile::Sockstat6}) {
    TcpCounters counters;
    if (const auto parsed = parse_counters(file, text, counters); !parsed)
      require(is_valid_utf8(parsed.error().message));
  }
  return 0;
}
