// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_thread.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/listing_run.hpp"
#include "engine/looper.hpp"

namespace tcpstated {
namespace {

/// Share of one core that searches for holders may use.
constexpr int kSearchCostFactor = 50;  // 2 %
constexpr Duration kMinSearchPause = std::chrono::milliseconds(500);

WallAnchor anchor_at(Instant at) {
  return {.event = at, .wall = std::chrono::system_clock::now()};
}

ViewsInUse views_of(
    const std::vector<std::unique_ptr<CaptureBackend>>& backends) {
  const auto any = [&](ViewKind kind) {
    return std::ranges::any_of(
        backends, [&](const auto& each) { return each->view() == kind; });
  };
  return {.kernel = any(ViewKind::Kernel), .packets = any(ViewKind::Packets)};
}

}  // namespace

struct EngineThread::Impl final : EngineObserver {
  Impl(EngineParts given, EngineHooks told)
      : parts(std::move(given)),
        hooks(std::move(told)),
        troubles(parts.backends.size()),
        policy(parts.leaks),
        table(parts.table, parts.hash_seed),
        leaks(parts.leaks, parts.attribution, parts.hash_seed),
        packets(parts.model, parts.hash_seed),
        engine(table, leaks, packets, views_of(parts.backends), *this) {}

  void on_leak(const LeakEvent& event) override { hooks.on_leak(event); }
  void on_events(std::span<const SocketEvent> events) override {
    if (hooks.on_events) hooks.on_events(events);
  }

  // Engine thread.
  void start() {
    for (std::size_t i = 0; i < parts.backends.size(); ++i) {
      tick(i);
      const int descriptor = parts.backends[i]->descriptor();
      if (descriptor >= 0)
        engine_loop.watch(descriptor, [this, i] {
          drain(i);
          // What is wrong may keep the descriptor readable.
          return troubles[i] ? pause_of(i) : Duration::zero();
        });
    }
  }

  /// As often as the backend wants to be asked, whatever else happens.
  void tick(std::size_t backend) {
    const std::uint64_t before = engine.rounds();
    drain(backend);
    // Nothing else changes what a view shows.
    if (engine.rounds() != before || troubles[backend]) {
      publish();
      ask_for_holders();
    }
    engine_loop.post_after(pause_of(backend),
                           [this, backend] { tick(backend); });
  }

  [[nodiscard]] Duration pause_of(std::size_t backend) const {
    return std::min<Duration>(parts.backends[backend]->period(),
                              std::chrono::seconds(1));
  }

  void drain(std::size_t backend) {
    note(backend, parts.backends[backend]->drain(engine));
  }

  /// A backend that fails (no descriptor left, no memory) is tried on: the
  /// reason may pass, and there is nothing better to do.
  void note(std::size_t backend, Result<> drained) {
    std::optional<Error> now;
    if (!drained) now = std::move(drained).error();
    const bool changed = now.has_value() != troubles[backend].has_value();
    troubles[backend] = std::move(now);
    if (changed)
      hooks.on_backend(std::string(parts.backends[backend]->name()),
                       troubles[backend]);
  }

  void publish() {
    std::vector<BackendView> views;
    for (std::size_t i = 0; i < parts.backends.size(); ++i) {
      const CaptureStats stats = parts.backends[i]->stats();
      views.push_back(
          {.name = std::string(parts.backends[i]->name()),
           .up = !troubles[i],
           .detail = troubles[i] ? troubles[i]->message : stats.detail,
           .stats = stats});
    }
    views.insert(views.end(), parts.unavailable.begin(),
                 parts.unavailable.end());
    // While no backend brings the time on, a view must not look new.
    if (anchor.event != engine.now()) anchor = anchor_at(engine.now());
    if (engine.knows_namespaces()) refresh_names();
    hooks.on_view(engine.view(std::move(views), anchor, names));
  }

  /// Names are files: read by the other thread, a view later than their
  /// sockets.
  void refresh_names() {
    if (std::exchange(naming, true)) return;
    slow_loop.post([this] {
      engine_loop.post([this, read = named_network_namespaces()] {
        names = read;
        naming = false;
      });
    });
  }

  void ask_for_holders() {
    if (searching || engine.now() < next_search) return;
    HolderQuestion question = leaks.wanted();
    if (question.empty()) return;
    searching = true;
    slow_loop.post([this, question = std::move(question)] {
      HolderAnswer answer = parts.inspector->find_holders(question);
      const Duration cost = parts.inspector->last_search_cost();
      engine_loop.post([this, answer = std::move(answer), cost] {
        searching = false;
        next_search =
            engine.now() + std::max(kMinSearchPause, cost * kSearchCostFactor);
        if (answer.entries.empty()) return;
        engine.on_holders(answer);
        publish();
      });
    });
  }

  EngineParts parts;
  EngineHooks hooks;
  std::vector<std::optional<Error>> troubles;  ///< of parts.backends
  LeakPolicy policy;
  ConnectionTable table;
  LeakDetector leaks;
  PacketView packets;
  Engine engine;
  WallAnchor anchor;
  NamespaceNames names;
  bool naming = false;  ///< the other thread reads them
  bool searching = false;
  Instant next_search;
  // Last, so that both threads have ended before anything they use goes.
  Looper slow_loop{"tcpstated-slow"};
  Looper engine_loop{"tcpstated-eng"};
};

EngineThread::EngineThread(EngineParts parts, EngineHooks hooks)
    : impl_(std::make_unique<Impl>(std::move(parts), std::move(hooks))) {
  impl_->engine_loop.post([impl = impl_.get()] { impl->start(); });
}

EngineThread::~EngineThread() {
  impl_->slow_loop.stop();
  impl_->engine_loop.stop();
}

void EngineThread::list(ListingQuery query,
                        Answer<Result<ListingPage>> answer) {
  run_listing({.engine_loop = impl_->engine_loop,
               .slow_loop = impl_->slow_loop,
               .engine = impl_->engine,
               .policy = impl_->policy,
               .inspector = *impl_->parts.inspector,
               .views = impl_->engine.views()},
              std::move(query), std::move(answer));
}

void EngineThread::report_every_transition(bool wanted) {
  impl_->engine_loop.post([impl = impl_.get(), wanted] {
    for (const auto& backend : impl->parts.backends)
      backend->report_every_transition(wanted);
  });
}

void EngineThread::set_leak_policy(const LeakPolicy& policy) {
  impl_->engine_loop.post([impl = impl_.get(), policy] {
    impl->policy = policy;
    impl->leaks.set_policy(policy);
  });
}

void EngineThread::list_leaks(std::size_t limit, Answer<LeakListing> answer) {
  impl_->engine_loop.post([impl = impl_.get(), limit,
                           answer = std::move(answer)]() mutable {
    const std::vector<const Leak*> all = impl->leaks.leaks();
    LeakListing listing{.at = impl->engine.now(),
                        .total = all.size(),
                        .groups = group_leaks(all),
                        .oldest = {}};
    for (const Leak* leak : std::span(all).first(std::min(limit, all.size())))
      listing.oldest.push_back(*leak);
    const PacketView& packets = impl->packets;
    if (impl->engine.views().packets)
      for (Leak& leak : listing.oldest)
        leak.peer = packets.model().find(leak.connection.tuple.reversed());
    answer(std::move(listing));
  });
}

void EngineThread::report_processes(Answer<Result<ProcessReport>> answer) {
  impl_->slow_loop.post(
      [impl = impl_.get(), answer = std::move(answer)]() mutable {
        answer(impl->parts.inspector->report_processes());
      });
}

void EngineThread::find_holders(std::vector<std::uint64_t> inodes,
                                Answer<Result<ProcessScan>> answer) {
  impl_->slow_loop.post([impl = impl_.get(), inodes = std::move(inodes),
                         answer = std::move(answer)]() mutable {
    answer(impl->parts.inspector->scan(
        InodeFilter::only(InodeSet(inodes.begin(), inodes.end()))));
  });
}

}  // namespace tcpstated
