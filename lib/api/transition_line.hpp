// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One transition as one line of JSON: what `--output=events` prints and what
/// /api/v1/events streams.

#include <string>

#include "base/time.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {

/// Appends the line, its '\n' included. Allocates nothing but the text: a
/// capture has millions of these.
void append_transition_line(std::string& text, const EndpointChange& change,
                            const WallAnchor& anchor);

}  // namespace tcpstated
