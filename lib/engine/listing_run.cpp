// SPDX-License-Identifier: Apache-2.0
#include "engine/listing_run.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/observed_listing.hpp"

namespace tcpstated {
namespace {

struct Run : std::enable_shared_from_this<Run> {
  Run(ListingContext where, ListingQuery what,
      std::move_only_function<void(Result<ListingPage>)> whom)
      : context(where), query(std::move(what)), answer(std::move(whom)) {}

  ListingContext context;
  ListingQuery query;
  std::move_only_function<void(Result<ListingPage>)> answer;
  ObservedListing observed{query};
  Instant at;

  void start() {
    if (!context.views.kernel)
      list_packets();
    else if (query.names_processes())
      context.slow_loop.post(
          [self = shared_from_this()] { self->resolve_processes(); });
    else
      read_table();
  }

  void list_packets() {
    context.engine_loop.post([self = shared_from_this()] {
      const Engine& engine = self->context.engine;
      self->at = engine.now();
      if (self->observed.look_on(engine.packets().model(), engine.leaks(),
                                 self->context.policy, self->at))
        return self->list_packets();
      self->answer(
          merge_parts(self->query, self->at, self->observed.take_sorted(), {}));
    });
  }

  void resolve_processes() {
    const auto scan = context.inspector.scan(InodeFilter::all());
    if (!scan) return answer(std::unexpected(scan.error()));
    auto inodes = std::make_shared<InodeSet>();
    for (const auto& [inode, holders] : scan->holders)
      for (const Holder& holder : holders)
        if (query.wants(*holder.process)) inodes->insert(inode);
    query.inodes = std::move(inodes);
    read_table();
  }

  void read_table() {
    context.engine_loop.post([self = shared_from_this()] {
      const Engine& engine = self->context.engine;
      self->at = engine.now();
      ListingPart watched =
          list_watched(self->query, engine.table(), engine.leaks(),
                       self->context.policy, self->at);
      self->context.slow_loop.post(
          [self, watched = std::move(watched)]() mutable {
            self->complete(std::move(watched));
          });
    });
  }

  void complete(ListingPart watched) {
    ListingPart unwatched;
    const bool found_by_id = query.id && !watched.empty();
    if (needs_dump(query) && !found_by_id) {
      auto dumped = context.inspector.list_unwatched(query);
      if (!dumped) return answer(std::unexpected(std::move(dumped).error()));
      unwatched = std::move(*dumped);
      at = std::max(at, context.inspector.now());
    }
    ListingPage page =
        merge_parts(query, at, std::move(watched), std::move(unwatched));
    context.inspector.name_holders(page.rows);
    if (!context.views.packets) return answer(std::move(page));
    context.engine_loop.post(
        [self = shared_from_this(), page = std::move(page)]() mutable {
          add_peers(page.rows, self->context.engine.packets().model());
          self->answer(std::move(page));
        });
  }
};

}  // namespace

void run_listing(ListingContext context, ListingQuery query,
                 std::move_only_function<void(Result<ListingPage>)> answer) {
  std::make_shared<Run>(context, std::move(query), std::move(answer))->start();
}

}  // namespace tcpstated
