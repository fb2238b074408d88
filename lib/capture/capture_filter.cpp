// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_filter.hpp"

#include <pcap/dlt.h>

namespace tcpstated {
namespace {

// "tcp" and "icmp6" see through one fragment header at most. Other extension
// headers are rare, so all of them pass (BIG TCP has one in each packet):
// hop-by-hop, routing, fragment, authentication, destination, mobility, HIP,
// Shim6.
constexpr const char* kIp =
    "tcp or icmp or icmp6 or (ip6 and (ip6[6] = 0 or ip6[6] = 43 or"
    " ip6[6] = 44 or ip6[6] = 51 or ip6[6] = 60 or ip6[6] = 135 or"
    " ip6[6] = 139 or ip6[6] = 140))";

// The outermost VLAN tag is not in the frame when a filter runs (the kernel
// keeps it beside, libpcap puts it back), so "tcp" matches behind one tag. What
// is still tagged then passes, but for other protocols over IPv4 behind one
// such tag: that is QinQ with everything else that a provider carries.
constexpr const char* kTagged =
    " or ((ether[12:2] = 0x8100 or ether[12:2] = 0x88a8 or"
    " ether[12:2] = 0x9100) and not"
    " (ether[16:2] = 0x0800 and ether[27] != 6 and ether[27] != 1))"
    // MPLS, PPPoE sessions
    " or ether[12:2] = 0x8847 or ether[12:2] = 0x8848"
    " or ether[12:2] = 0x8864";

}  // namespace

std::string capture_filter(int link_type) {
  std::string filter = kIp;
  if (link_type == DLT_EN10MB) filter += kTagged;
  return filter;
}

}  // namespace tcpstated
