// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The routes over a running engine, over fake kernels and a fake /proc. The
/// test is the I/O thread: it runs what is posted while it waits for an answer.

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "api/routes.hpp"
#include "unit/engine/engine_world.hpp"

namespace tcpstated {

/// What the io_context is to the daemon.
class TaskQueue {
 public:
  using Task = std::move_only_function<void()>;

  void post(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_one();
  }
  /// Runs tasks until `done()`; false if that takes too long.
  template <typename Done>
  [[nodiscard]] bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!posted_.wait_until(lock, deadline, [&] { return !tasks_.empty(); }))
        return false;
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
};

struct ApiWorld : testing::Test {
  TaskQueue queue;
  EngineWorld host;
  DaemonInfo daemon{.version = "0.1.0", .hostname = "web1"};
  Log log{{}, {}, [](std::string_view) {}};
  ApiState state{.daemon = daemon, .log = log};
  std::unique_ptr<EngineThread> engine;
  std::unique_ptr<Router> router;

  ApiWorld() {
    state.post = [this](TaskQueue::Task task) { queue.post(std::move(task)); };
    state.read_self = [] { return ProcessSelf{}; };
    state.http_stats = [] { return HttpStats{.connections = 1}; };
    make_router();
  }
  ~ApiWorld() override { engine.reset(); }

  void make_router() {
    router = std::make_unique<Router>(make_routes(state), DetailAccess::Local);
  }
  /// Runs the engine until its first sweep has arrived.
  void start() {
    EngineHooks hooks = deaf_hooks();
    hooks.on_view = [this](std::shared_ptr<const HostView> view) {
      queue.post([this, view] { state.view = view; });
    };
    engine = std::make_unique<EngineThread>(host.parts(), std::move(hooks));
    state.engine = engine.get();
    ASSERT_TRUE(queue.run_until([&] { return state.view->ready; }));
  }
  static HttpRequest request(std::string_view target,
                             HttpMethod method = HttpMethod::Get) {
    const std::size_t mark = std::min(target.find('?'), target.size());
    HttpRequest made;
    made.method = method;
    made.method_name = label(method);
    made.path = *decode_path(target.substr(0, mark));
    if (mark < target.size())
      made.query = *parse_query(target.substr(mark + 1));
    made.host = "localhost:19293";
    made.peer = {.loopback = true, .address = "127.0.0.1"};
    return made;
  }
  /// Dispatches it and does not wait.
  void ask(const HttpRequest& request, std::optional<HttpResponse>& into) {
    router->dispatch(request, [&](HttpResponse response) {
      EXPECT_FALSE(into) << "answered twice";
      into = std::move(response);
    });
  }
  HttpResponse get(const HttpRequest& request) {
    std::optional<HttpResponse> response;
    ask(request, response);
    EXPECT_TRUE(queue.run_until([&] { return response.has_value(); }));
    return response.value_or(HttpResponse{.status = 0});
  }
  HttpResponse get(std::string_view target, std::string_view accept = "*/*") {
    HttpRequest made = request(target);
    made.accept = accept;
    return get(made);
  }
  std::string text(std::string_view target) { return *get(target).body; }

  static std::string header(const HttpResponse& response,
                            std::string_view name) {
    for (const HttpHeader& header : response.headers)
      if (header.name == name) return header.value;
    return "";
  }
};

}  // namespace tcpstated
