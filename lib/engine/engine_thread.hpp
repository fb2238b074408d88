// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The thread that owns the engine, and the one beside it for slow questions.
/// Drives the backends, publishes views, answers.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capture/capture_backend.hpp"
#include "engine/engine.hpp"
#include "engine/inspector.hpp"
#include "engine/listing.hpp"
#include "leak/leak_policy.hpp"
#include "table/table_options.hpp"

namespace tcpstated {

/// What the daemon opened before it starts the thread.
struct EngineParts {
  std::vector<std::unique_ptr<CaptureBackend>> backends;
  std::vector<BackendView> unavailable;  ///< backends that could not be opened
  std::unique_ptr<Inspector> inspector;
  TableOptions table;
  TcpModelOptions model;
  LeakPolicy leaks;
  AttributionMethod attribution = AttributionMethod::Auto;
  std::uint64_t hash_seed = 0;
};

/// What the engine tells. Called on the engine's thread: post on.
struct EngineHooks {
  /// A new view, about once a second, and at once after the first sweep.
  std::function<void(std::shared_ptr<const HostView>)> on_view;
  std::function<void(const LeakEvent&)> on_leak;
  /// Every transition of the kernel view, while they are wanted
  /// (EngineThread::report_every_transition). May be empty.
  std::function<void(std::span<const SocketEvent>)> on_events;
  /// A backend began to fail (it is tried on), or works again (nullopt).
  std::function<void(const std::string& name,
                     const std::optional<Error>& trouble)>
      on_backend;
};

class EngineThread {
 public:
  template <typename T>
  using Answer = std::move_only_function<void(T)>;

  EngineThread(EngineParts parts, EngineHooks hooks);
  /// Stops both threads and joins them.
  ~EngineThread();

  // Questions: callable from any thread. The answer is called on the engine's
  // or the inspector's thread; it must only hand the value on.

  void list(ListingQuery query, Answer<Result<ListingPage>> answer);
  /// The `limit` oldest leaks, and how many there are.
  void list_leaks(std::size_t limit, Answer<LeakListing> answer);
  void report_processes(Answer<Result<ProcessReport>> answer);
  /// The processes that hold these inodes.
  void find_holders(std::vector<std::uint64_t> inodes,
                    Answer<Result<ProcessScan>> answer);

  /// Whether EngineHooks::on_events is called from now on. What happened in
  /// between is not reported afterwards.
  void report_every_transition(bool wanted);

  /// A reloaded policy.
  void set_leak_policy(const LeakPolicy& policy);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
