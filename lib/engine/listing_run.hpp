// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One listing on its way through both threads: processes to inodes (slow),
/// watched rows (engine), the rest from the kernel and the holders (slow).

#include <functional>

#include "base/error.hpp"
#include "engine/engine.hpp"
#include "engine/inspector.hpp"
#include "engine/listing.hpp"
#include "engine/looper.hpp"

namespace tcpstated {

/// What a listing needs. Everything outlives both loops.
struct ListingContext {
  Looper& engine_loop;
  Looper& slow_loop;
  const Engine& engine;      ///< touched on the engine's loop only
  const LeakPolicy& policy;  ///< likewise
  Inspector& inspector;      ///< touched on the slow loop only
  ViewsInUse views;
};

/// Callable from any thread; `answer` is called on either loop.
void run_listing(ListingContext context, ListingQuery query,
                 std::move_only_function<void(Result<ListingPage>)> answer);

}  // namespace tcpstated
