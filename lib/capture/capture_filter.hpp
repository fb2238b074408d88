// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which packets the kernel hands over, in the language of pcap-filter(7).

#include <string>

namespace tcpstated {

/// Lets through every frame of this DLT_ that decode() may find a segment or a
/// hard error in, and keeps back the bulk of the others.
[[nodiscard]] std::string capture_filter(int link_type);

}  // namespace tcpstated
