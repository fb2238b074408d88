// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What the handlers of this room have in common: choosing a representation,
/// asking slow questions, answering problems. Private to the routes.

#include <expected>
#include <functional>
#include <string>
#include <utility>

#include "api/api_state.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace tcpstated {

enum class Representation : std::uint8_t { Text, Json };

/// The representation the client wants, `first` if it does not care. If there
/// is none, the problem has been answered and nullopt is returned.
[[nodiscard]] std::optional<Representation> choose(const HttpRequest& request,
                                                   Representation first,
                                                   HttpRespond& respond);

/// Text or JSON, whichever was chosen; the other is not rendered.
[[nodiscard]] HttpResponse render(Representation as,
                                  const std::function<std::string()>& text,
                                  const std::function<std::string()>& json);

/// A Problem if ?format= asks for anything but text. Accept is not looked at:
/// whoever scrapes is served, as Prometheus expects.
[[nodiscard]] std::expected<void, Problem> expect_text(
    const HttpRequest& request);

/// Takes one of the few places for slow questions; answers 503 if all are
/// taken.
[[nodiscard]] bool begin_slow_question(ApiState& state,
                                       const HttpRequest& request,
                                       HttpRespond& respond);

/// A callback for EngineThread: brings the answer to the I/O thread, gives the
/// place back, and calls `then` there.
template <typename T, typename Then>
auto on_io_thread(ApiState& state, Then then) {
  return [&state, then = std::move(then)](T answer) mutable {
    state.post(
        [&state, then = std::move(then), answer = std::move(answer)]() mutable {
          --state.slow_questions;
          then(std::move(answer));
        });
  };
}

/// How the client called us, for links that can be pasted.
[[nodiscard]] std::string own_address(const HttpRequest& request);

[[nodiscard]] HttpResponse unavailable(const Error& error,
                                       const HttpRequest& request);

}  // namespace tcpstated
