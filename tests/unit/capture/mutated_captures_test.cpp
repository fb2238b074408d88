// SPDX-License-Identifier: Apache-2.0
// Captures as damaged as a disk, a network or an enemy makes them. Nothing may
// happen but errors and counters; ASan and UBSan watch. How many of them:
// TCPSTATED_MUTANTS (20,000 in the nightly run), else a few hundred.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

#include "base/strings.hpp"
#include "capture/packet_files.hpp"
#include "fakes/capture_file.hpp"
#include "fakes/recording_sink.hpp"

namespace tcpstated {
namespace {

using Random = std::mt19937;

std::vector<std::string> originals() {
  std::vector<std::string> contents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           TCPSTATED_SOURCE_DIR "/tests/data/captures/public")) {
    if (!entry.path().extension().string().starts_with(".pcap")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    contents.emplace_back(std::istreambuf_iterator<char>(file),
                          std::istreambuf_iterator<char>());
  }
  std::ranges::sort(contents);  // the folder's order is not the same everywhere
  return contents;
}

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

/// Damage of the kinds that break parsers: lengths, cuts, repeats.
void damage(std::string& bytes, Random& random) {
  if (bytes.empty()) return;
  const std::size_t at = below(random, bytes.size());
  switch (below(random, 6)) {
    case 0:
      bytes[at] = static_cast<char>(random());
      break;
    case 1:
      bytes[at] = static_cast<char>(bytes[at] ^ (1U << below(random, 8)));
      break;
    case 2: {  // an extreme number
      constexpr std::array<std::uint32_t, 6> kOdd{
          0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xffff};
      const std::uint32_t odd = kOdd[below(random, kOdd.size())];
      if (at + sizeof odd <= bytes.size())
        std::copy_n(reinterpret_cast<const char*>(&odd), sizeof odd,
                    bytes.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    }
    case 3:
      bytes.resize(at);
      break;
    case 4:
      bytes.erase(at, below(random, 40));
      break;
    default:
      bytes.insert(
          at, bytes.substr(below(random, bytes.size()), below(random, 200)));
  }
}

TEST(MutatedCaptures, AreReadOrRefusedAndCounted) {
  const char* const asked = std::getenv("TCPSTATED_MUTANTS");
  const std::size_t wanted =
      asked == nullptr ? 400 : parse_number<std::size_t>(asked).value_or(0);
  ASSERT_GT(wanted, 0U) << "TCPSTATED_MUTANTS is no number";
  const auto contents = originals();
  ASSERT_GT(contents.size(), 40U);
  Random random(20'001);
  TemporaryFolder folder;
  std::uint64_t frames = 0;
  std::size_t errors = 0;
  for (std::size_t i = 0; i < wanted; ++i) {
    std::string bytes = contents[i % contents.size()];
    const std::size_t times = 1 + below(random, 8);
    for (std::size_t n = 0; n < times; ++n) damage(bytes, random);
    const std::vector<std::string> paths{folder.write("mutant", bytes)};
    auto files = PacketFiles::open(paths);
    if (!files) {
      EXPECT_FALSE(files.error().message.empty());
      ++errors;
      continue;
    }
    RecordingSink sink;  // checks the time
    for (Result<bool> more = true; !more || *more;) {
      more = (*files)->read_some(sink);
      if (more) continue;
      EXPECT_TRUE(more.error().message.contains("mutant"));
      ++errors;
    }
    const FrameCounts& counts = (*files)->counts();
    const auto dropped = std::accumulate(
        counts.dropped.begin(), counts.dropped.end(), std::uint64_t{0});
    EXPECT_LE(sink.segments.size() + dropped, counts.frames);
    frames += counts.frames;
  }
  // Else the damage was so great that nothing was tried.
  EXPECT_GT(frames, wanted);
  EXPECT_GT(errors, wanted / 10);
  EXPECT_LT(errors, wanted);
}

}  // namespace
}  // namespace tcpstated
