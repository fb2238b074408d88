// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Room for a table that grows: addresses for all of it are reserved at once,
/// memory is taken page by page as it is touched, and nothing ever moves.
/// Private to this room.

#include <cstddef>
#include <cstdint>

namespace tcpstated {

enum class PageSize : std::uint8_t {
  Usual,
  Huge,  ///< 2 MiB, but not the first of them: most tables are small
};

/// Zero until written.
class Pages {
 public:
  /// std::bad_alloc if there are no addresses left.
  Pages(std::size_t bytes, PageSize size);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  template <class T>
  [[nodiscard]] T* as() const {
    return static_cast<T*>(begin_);
  }

 private:
  std::size_t bytes_;
  void* begin_;
};

}  // namespace tcpstated
