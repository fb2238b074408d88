// SPDX-License-Identifier: Apache-2.0
#include "http/gzip.hpp"

#include <zlib.h>

#include <limits>

namespace tcpstated {

std::optional<std::string> gzip(std::string_view plain) {
  constexpr int kGzipWindow =
      15 + 16;  // zlib.h: "add 16 to write a gzip header"
  constexpr int kMemoryLevel = 8;
  if (plain.size() > std::numeric_limits<uInt>::max()) return std::nullopt;
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow,
                     kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return std::nullopt;
  std::string packed(::deflateBound(&stream, plain.size()), '\0');
  // zlib's interface is not const-correct; it does not write to next_in.
  stream.next_in =
      const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool done = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (!done) return std::nullopt;
  return packed;
}

}  // namespace tcpstated
