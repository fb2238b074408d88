// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Samples of what the kernel's programs counted: transitions, how connections
/// began and ended, how long they stayed, what is still held. No samples
/// without events: a 0 would claim that nothing happened.

#include "api/metrics.hpp"

namespace tcpstated {

void add_transitions(const MetricSource& from, MetricSamples& into);
void add_state_durations(const MetricSource& from, MetricSamples& into);
void add_opened(const MetricSource& from, MetricSamples& into);
void add_closed(const MetricSource& from, MetricSamples& into);
void add_failed_attempts(const MetricSource& from, MetricSamples& into);
void add_detached(const MetricSource& from, MetricSamples& into);

}  // namespace tcpstated
