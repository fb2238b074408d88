// SPDX-License-Identifier: Apache-2.0
#include "http/gzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace tcpstated {
namespace {

/// What a client makes of it; nullopt if it is not one whole gzip stream.
std::optional<std::string> unpack(std::string packed, std::size_t plain_size) {
  std::string plain(plain_size + 1, '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  constexpr int kOnlyGzip = 15 + 16;
  if (::inflateInit2(&stream, kOnlyGzip) != Z_OK) return std::nullopt;
  const bool whole = ::inflate(&stream, Z_FINISH) == Z_STREAM_END;
  const bool nothing_behind = stream.avail_in == 0;
  plain.resize(stream.total_out);
  ::inflateEnd(&stream);
  if (!whole || !nothing_behind) return std::nullopt;
  return plain;
}

TEST(Gzip, IsUnpackedToTheSame) {
  std::string plain;
  for (int i = 0; i < 5000; ++i) plain += "line " + std::to_string(i) + "\n";
  const auto packed = gzip(plain);
  ASSERT_TRUE(packed);
  EXPECT_EQ(unpack(*packed, plain.size()), plain);
}

TEST(Gzip, MakesTextMuchSmaller) {
  const std::string plain(100'000, 'a');
  EXPECT_LT(gzip(plain)->size(), plain.size() / 50);
}

TEST(Gzip, OfNothingIsUnpackedToNothing) {
  EXPECT_EQ(unpack(*gzip(""), 0), "");
}

TEST(Gzip, OfNoiseIsUnpackedToTheSame) {
  std::mt19937 random(1);
  std::string plain;
  for (int i = 0; i < 300'000; ++i) plain += static_cast<char>(random());
  EXPECT_EQ(unpack(*gzip(plain), plain.size()), plain);
}

}  // namespace
}  // namespace tcpstated
