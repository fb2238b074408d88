// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Who a certificate says its owner is.

#include <span>
#include <string>
#include <vector>

struct x509_st;

namespace tcpstated {

/// Its DNS names, mail addresses, URIs and IP addresses (RFC 5280 4.2.1.6) as
/// text. The common name is none of them.
[[nodiscard]] std::vector<std::string> subject_alternative_names(
    const x509_st* certificate);

/// Whether one of `names` is in `allowed`: byte by byte, as exporter-toolkit
/// does it. X509_check_host() would take wildcards and ".example" for more;
/// addresses alone may be spelled in several ways.
[[nodiscard]] bool is_allowed(std::span<const std::string> names,
                              std::span<const std::string> allowed);

}  // namespace tcpstated
