// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Any callable that takes a Frame, by reference: two words, nothing allocated,
/// one indirect call per packet. Does not outlive the call it is passed to.

#include <concepts>
#include <memory>
#include <type_traits>

#include "packet/decode.hpp"

namespace tcpstated {

class FrameVisitor {
 public:
  template <std::invocable<const Frame&> Callable>
    requires(!std::same_as<std::remove_cvref_t<Callable>, FrameVisitor>)
  // Implicit, so that a lambda can stand where a visitor is asked for.
  FrameVisitor(Callable&& callable)
      : context_(const_cast<void*>(
            static_cast<const void*>(std::addressof(callable)))),
        call_([](void* context, const Frame& frame) {
          (*static_cast<std::remove_reference_t<Callable>*>(context))(frame);
        }) {}

  void operator()(const Frame& frame) const { call_(context_, frame); }

 private:
  void* context_;
  void (*call_)(void* context, const Frame& frame);
};

}  // namespace tcpstated
