// SPDX-License-Identifier: Apache-2.0
#include "daemon/service.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <set>
#include <utility>

#include "api/routes.hpp"
#include "base/strings.hpp"
#include "daemon/config_file.hpp"
#include "daemon/engine_parts.hpp"
#include "daemon/host.hpp"
#include "daemon/privileges.hpp"
#include "http/http_server.hpp"

namespace tcpstated {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// How long running requests may go on after SIGTERM.
constexpr auto kStopGrace = std::chrono::milliseconds(1500);
/// Exceptions out of a handler within a minute before we give up.
constexpr int kMaxExceptions = 10;

LogOptions log_options(const CommandLine& line) {
  LogOptions options{.level = line.log_level};
  if (line.log_format == "json") options.format = LogFormat::Json;
  if (line.log_format == "journal" ||
      (line.log_format.empty() &&
       stderr_is_journal(std::getenv("JOURNAL_STREAM"))))
    options.format = LogFormat::Journal;
  return options;
}

/// Everything the program is made of, in the order in which it is made; it goes
/// in the reverse order. All of it belongs to the thread that calls run(); the
/// engine's threads post to it.
class Service {
 public:
  Service(const CommandLine& line, const Config& config, WebConfigFile web_file)
      : line_(line), log_(log_options(line)), web_file_(std::move(web_file)) {
    api_.options = line.api;
    api_.config = config;
    api_.reload.last_success = std::chrono::system_clock::now();
  }

  Result<> start(LoadedWeb web);
  int run();
  Log& log() { return log_; }

 private:
  void lend_to_api();
  EngineHooks hooks();
  void on_view(std::shared_ptr<const HostView> view);
  void on_leak(const LeakEvent& event);
  void on_backend(const std::string& name, const std::optional<Error>& trouble);
  void note_interfaces(const HostView& view);
  void await_signal();
  void feed_watchdog(Duration every);
  Result<> reload();
  std::string reload_config();
  std::string use_web(WebConfigFile::Loaded web);
  void look_at_web_file();
  void note_reload();
  void stop();
  void await_sessions(steady_clock::time_point until);
  [[nodiscard]] std::string status_line() const;

  CommandLine line_;
  asio::io_context io_{1};
  Log log_;
  WebConfigFile web_file_;
  bool config_good_ = true;
  bool web_good_ = true;
  ServiceManager systemd_;
  DaemonInfo daemon_;
  ApiState api_{.daemon = daemon_, .log = log_};
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<EngineThread> engine_;
  asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer watchdog_{io_};
  asio::steady_timer stop_timer_{io_};
  std::set<std::string> uncaptured_;  ///< interfaces, as last logged
  bool progressed_ = false;  ///< the engine, since the watchdog was fed
  bool stopping_ = false;
};

Result<> Service::start(LoadedWeb web) {
  auto parts = open_engine_parts(api_.config, log_);
  if (!parts) return std::unexpected(std::move(parts).error());

  HttpOptions http = api_.config.http;
  http.listen = line_.listen;
  http.systemd_sockets = line_.systemd_socket;
  http.max_requests = line_.max_requests;
  http.external_url = line_.external_url.text;
  http.route_prefix = line_.route_prefix.value_or(line_.external_url.path);
  lend_to_api();
  auto server = HttpServer::listen(
      io_, http,
      Router(make_routes(api_), http.detail_access, http.route_prefix),
      [this](const HttpRecord& record) { api_.requests.add(record); });
  if (!server) return std::unexpected(std::move(server).error());
  server_ = std::move(*server);
  (void)use_web(std::move(web));
  server_->on_activity([this] { look_at_web_file(); });

  const AttributionMethod attribution = api_.config.attribution.method;
  if (line_.keep_capabilities == KeepCapabilities::Auto)
    if (auto dropped = drop_capabilities(api_.config, parts->programs);
        !dropped)
      return dropped;
  const auto capabilities = effective_capabilities();
  daemon_ = {
      .version = TCPSTATED_VERSION,
      .revision = std::string(revision()),
      .compiler = std::string(compiler_name()),
      .hostname = host_name(),
      .pid = ::getpid(),
      .started = std::chrono::system_clock::now(),
      .capabilities = capabilities,
      .abilities = abilities(capabilities, attribution, parts->programs)};

  await_signal();
  if (const auto every = systemd_.watchdog()) feed_watchdog(*every / 4);
  engine_ = std::make_unique<EngineThread>(std::move(parts->engine), hooks());
  api_.engine = engine_.get();
  for (const std::string& address : server_->addresses())
    log_.info("listening", {{"address", address}});
  return {};
}

void Service::lend_to_api() {
  api_.post = [this](std::move_only_function<void()> task) {
    asio::post(io_, std::move(task));
  };
  api_.read_self = read_process_self;
  api_.http_stats = [this] { return server_->stats(); };
  api_.reload_config = [this] { return reload(); };
  api_.quit = [this] { asio::post(io_, [this] { stop(); }); };
}

EngineHooks Service::hooks() {
  return {
      .on_view =
          [this](std::shared_ptr<const HostView> view) {
            asio::post(io_, [this, view = std::move(view)] { on_view(view); });
          },
      .on_leak =
          [this](const LeakEvent& event) {
            asio::post(io_, [this, event] { on_leak(event); });
          },
      .on_backend =
          [this](const std::string& name, const std::optional<Error>& trouble) {
            asio::post(io_,
                       [this, name, trouble] { on_backend(name, trouble); });
          }};
}

int Service::run() {
  auto minute = steady_clock::now();
  int exceptions = 0;
  for (;;) {
    try {
      io_.run();
      log_.info("stopped");
      return 0;
    } catch (const std::exception& error) {
      // A handler broke off; everything it owned is gone, the rest goes on.
      log_.error("unexpected exception, going on", {{"what", error.what()}});
      const auto now = steady_clock::now();
      if (now - std::exchange(minute, now) > std::chrono::minutes(1))
        exceptions = 0;
      if (++exceptions > kMaxExceptions) throw;
    }
  }
}

void Service::on_view(std::shared_ptr<const HostView> view) {
  progressed_ = true;
  note_interfaces(*view);
  const bool became_ready = view->ready && !api_.view->ready;
  api_.view = std::move(view);
  if (stopping_ || !api_.view->ready) return;
  if (!became_ready) return systemd_.status(status_line());
  systemd_.ready(status_line());
  log_.info("ready", {{"status", status_line()}});
}

/// One line when packets are missed somewhere, and one when that is over:
/// interfaces are tried again and again.
void Service::note_interfaces(const HostView& view) {
  std::set<std::string> uncaptured;
  std::string reasons;
  for (const BackendView& backend : view.backends)
    for (const InterfaceStats& one : backend.stats.interfaces) {
      if (one.trouble.empty()) continue;
      uncaptured.insert(one.name);
      reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", one.name,
                             one.trouble);
    }
  if (uncaptured == uncaptured_) return;
  uncaptured_ = std::move(uncaptured);
  if (uncaptured_.empty())
    log_.info("packets are captured on every interface again");
  else
    log_.warn("packets are not captured everywhere, trying on",
              {{"interfaces", reasons}});
}

void Service::on_leak(const LeakEvent& event) {
  const Connection& row = event.leak.connection;
  const std::string_view message = event.leaking
                                       ? "a socket was forgotten in close_wait"
                                       : "a leaked socket is gone";
  const auto log = event.leaking ? &Log::warn : &Log::info;
  (log_.*log)(message, {{"connection", std::to_string(row.id)},
                        {"cause", std::string(label(event.leak.cause))},
                        {"local", row.tuple.local.to_string()},
                        {"peer", row.tuple.remote.to_string()},
                        {"age", format_age(row.since.age(row.last_seen))}});
}

void Service::on_backend(const std::string& name,
                         const std::optional<Error>& trouble) {
  if (trouble)
    log_.error("a backend fails, trying on",
               {{"backend", name}, {"reason", trouble->message}});
  else
    log_.info("a backend works again", {{"backend", name}});
}

void Service::await_signal() {
  signals_.async_wait(
      [this](const boost::system::error_code& error, int number) {
        if (error) return;
        await_signal();
        if (number == SIGHUP)
          (void)reload();  // it has logged what is wrong
        else
          stop();
      });
}

void Service::feed_watchdog(Duration every) {
  watchdog_.expires_after(every);
  watchdog_.async_wait([this, every](const boost::system::error_code& error) {
    if (error) return;
    // Fed by progress of both threads: this one runs, the engine sent a view.
    if (std::exchange(progressed_, false)) systemd_.alive();
    feed_watchdog(every);
  });
}

Result<> Service::reload() {
  systemd_.reloading();
  std::string problems = reload_config();
  if (const std::string web = use_web(web_file_.load()); !web.empty())
    problems += (problems.empty() ? "" : "; ") + web;
  note_reload();
  systemd_.ready(status_line());
  if (!problems.empty()) return fail(problems);
  return {};
}

/// Returns the problems, which it has logged; "" if there are none.
std::string Service::reload_config() {
  const auto wanted = load_config(line_.config_file, !line_.config_file_given);
  config_good_ = wanted.has_value();
  std::string problems;
  if (wanted) {
    std::string waiting;
    for (const std::string_view path : needs_restart(api_.config, *wanted))
      waiting += (waiting.empty() ? "" : ", ") + std::string(path);
    if (!waiting.empty())
      log_.warn("changed keys need a restart, ignoring them",
                {{"keys", waiting}});
    api_.config = with_live_fields(api_.config, *wanted);
    engine_->set_leak_policy(api_.config.leaks);
    server_->router().set_detail_access(api_.config.http.detail_access);
    log_.info("the configuration was reloaded");
  } else {
    for (const std::string& line : wanted.error())
      problems += (problems.empty() ? "" : "; ") + line;
    log_.error("the new configuration is bad, ignoring it",
               {{"problems", problems}});
  }
  return problems;
}

/// Likewise.
std::string Service::use_web(WebConfigFile::Loaded web) {
  web_good_ = web.has_value();
  std::string problems;
  if (web) {
    const bool tls = web->policy.tls != nullptr;
    const std::size_t users = web->policy.users.size();
    server_->set_policy(std::move(web->policy));
    for (const std::string& note : web->notes)
      log_.info("the web configuration is not followed in this",
                {{"note", note}});
    if (web_file_.given())
      log_.info(
          "the web configuration is in use",
          {{"tls", tls ? "on" : "off"}, {"users", std::to_string(users)}});
  } else {
    for (const std::string& line : web.error())
      problems += (problems.empty() ? "" : "; ") + line;
    log_.error("the new web configuration is bad, keeping the old one",
               {{"problems", problems}});
  }
  return problems;
}

/// A new certificate needs nobody to say so.
void Service::look_at_web_file() {
  auto changed = web_file_.look(steady_clock::now());
  if (!changed) return;
  (void)use_web(std::move(*changed));
  note_reload();
}

void Service::note_reload() {
  api_.reload.successful = config_good_ && web_good_;
  if (api_.reload.successful)
    api_.reload.last_success = std::chrono::system_clock::now();
}

void Service::stop() {
  if (std::exchange(stopping_, true)) return;
  log_.info("stopping");
  systemd_.stopping();
  server_->stop();
  await_sessions(steady_clock::now() + kStopGrace);
}

void Service::await_sessions(steady_clock::time_point until) {
  if (server_->stats().connections == 0 || steady_clock::now() >= until)
    return io_.stop();
  stop_timer_.expires_after(std::chrono::milliseconds(10));
  stop_timer_.async_wait([this, until](const boost::system::error_code&) {
    await_sessions(until);
  });
}

std::string Service::status_line() const {
  const HostView& view = *api_.view;
  return fmt::format("{} TCP sockets, {} in close_wait, {} leaked",
                     view.tcp.total(), view.tcp[TcpState::CloseWait],
                     view.leaked);
}

}  // namespace

int serve(const CommandLine& line, const Config& config, WebConfigFile web_file,
          LoadedWeb web) {
  ::signal(SIGPIPE, SIG_IGN);
  Service service(line, config, std::move(web_file));
  if (const auto started = service.start(std::move(web)); !started) {
    service.log().error("cannot start", {{"reason", started.error().message}});
    return 1;
  }
  return service.run();
}

}  // namespace tcpstated
