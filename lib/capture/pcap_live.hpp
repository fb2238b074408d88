// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A capture on one interface of this host, by libpcap.

#include <memory>

#include "base/error.hpp"
#include "capture/host_network.hpp"

namespace tcpstated {

[[nodiscard]] Result<std::unique_ptr<InterfaceCapture>> open_pcap_live(
    const NetworkInterface& interface, const PcapOptions& options);

}  // namespace tcpstated
