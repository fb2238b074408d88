// SPDX-License-Identifier: Apache-2.0
#include "tcp/pages.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace tcpstated {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20U;

/// A dependent cache miss costs half as much behind a huge page.
void prefer_huge_pages(void* begin, std::size_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (address / kHugePage + 2) * kHugePage;
  const std::uintptr_t end = address + bytes;
  // A refusal costs speed only.
  if (first < end)
    ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

}  // namespace

Pages::Pages(std::size_t bytes, PageSize size)
    : bytes_(bytes == 0 ? 1 : bytes),
      begin_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
  if (begin_ == MAP_FAILED) throw std::bad_alloc();
  if (size == PageSize::Huge) prefer_huge_pages(begin_, bytes_);
}

Pages::~Pages() { ::munmap(begin_, bytes_); }

}  // namespace tcpstated
