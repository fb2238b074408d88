// SPDX-License-Identifier: Apache-2.0
#include "daemon/web_config_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fakes/certificates.hpp"
#include "fakes/temporary_folder.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPair =
    "tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n";

struct WebConfigFileTest : testing::Test {
  TemporaryFolder folder;
  FakeAuthority authority;
  WebConfigFile::Time now{1h};

  [[nodiscard]] std::string path() const { return folder.file("web.yml"); }

  void write(const std::string& name, std::string_view text) const {
    folder.write(name, text);
  }
  void write_pair() const {
    const PemPair pair = authority.issue("server", "DNS:localhost");
    write("a.crt", pair.certificate);
    write("a.key", pair.key);
  }
  /// The only problem, with the folder as "DIR".
  [[nodiscard]] std::string problem() const {
    const auto loaded = load_web_config(path());
    if (loaded || loaded.error().size() != 1) return "";
    return folder.without_path(loaded.error().front());
  }
};

TEST_F(WebConfigFileTest, NoFileIsPlainHttpForEverybody) {
  WebConfigFile file("");
  const auto loaded = file.load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->policy.tls, nullptr);
  EXPECT_TRUE(loaded->policy.users.empty());
  EXPECT_FALSE(file.look(now));
}

TEST_F(WebConfigFileTest, FilesAreRelativeToItsFolder) {
  write("web.yml", kPair);
  write_pair();
  const auto loaded = load_web_config(path());
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_NE(loaded->policy.tls, nullptr);
  EXPECT_EQ(loaded->files.size(), 2U);
}

TEST_F(WebConfigFileTest, AFileThatIsNotThereIsToldAtItsKey) {
  write("web.yml", kPair);
  write_pair();
  std::filesystem::remove(folder.file("a.key"));
  EXPECT_EQ(problem(),
            "DIR/web.yml:3:3: tls_server_config.key_file: cannot read "
            "'DIR/a.key': No such file or directory");
}

TEST_F(WebConfigFileTest, AnEmptyFileIsTold) {
  write("web.yml", kPair);
  write_pair();
  write("a.crt", "");
  EXPECT_EQ(problem(),
            "DIR/web.yml:2:3: tls_server_config.cert_file: 'DIR/a.crt' is "
            "empty");
}

TEST_F(WebConfigFileTest, TheKeyOfAnotherCertificateIsTold) {
  write("web.yml", kPair);
  write_pair();
  write("a.key", authority.issue("other", "").key);
  EXPECT_EQ(problem(),
            "DIR/web.yml:3:3: tls_server_config.key_file: it is not the key "
            "of the certificate");
}

TEST_F(WebConfigFileTest, AKeyThatOthersMayWriteIsNotTrusted) {
  write("web.yml", kPair);
  write_pair();
  ASSERT_EQ(::chmod((folder.file("a.key")).c_str(), 0666), 0);
  EXPECT_TRUE(problem().contains("everybody may write it"));
}

TEST_F(WebConfigFileTest, NothingNewIsNotLoadedAgain) {
  write("web.yml", kPair);
  write_pair();
  WebConfigFile file(path());
  ASSERT_TRUE(file.load());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(file.look(now += 2s));
}

TEST_F(WebConfigFileTest, ANewCertificateIsLoaded) {
  write("web.yml", kPair);
  write_pair();
  WebConfigFile file(path());
  const auto before = file.load();
  ASSERT_TRUE(before);
  write_pair();
  const auto after = file.look(now);
  ASSERT_TRUE(after && *after);
  EXPECT_NE((*after)->policy.tls, before->policy.tls);
  EXPECT_FALSE(file.look(now += 2s));
}

TEST_F(WebConfigFileTest, LooksAtMostOnceASecond) {
  write("web.yml", "");
  WebConfigFile file(path());
  ASSERT_TRUE(file.load());
  EXPECT_FALSE(file.look(now));
  write("web.yml", "rate_limit: {interval: 1s, burst: 1}\n");
  EXPECT_FALSE(file.look(now += 999ms));
  EXPECT_TRUE(file.look(now += 1ms));
}

TEST_F(WebConfigFileTest, WhatIsBrokenIsToldOnceAndWhenItChanges) {
  write("web.yml", "");
  WebConfigFile file(path());
  ASSERT_TRUE(file.load());
  write("web.yml", "junk: 1\n");
  const auto broken = file.look(now);
  ASSERT_TRUE(broken);
  EXPECT_FALSE(*broken);
  EXPECT_FALSE(file.look(now += 2s));
  write("web.yml", "");
  const auto good = file.look(now += 2s);
  EXPECT_TRUE(good && *good);
}

TEST_F(WebConfigFileTest, AFileThatGoesIsBroken) {
  write("web.yml", "");
  WebConfigFile file(path());
  ASSERT_TRUE(file.load());
  std::filesystem::remove(path());
  const auto gone = file.look(now);
  ASSERT_TRUE(gone);
  EXPECT_FALSE(*gone);
}

TEST_F(WebConfigFileTest, ACertificateThatComesBackIsLoaded) {
  write("web.yml", kPair);
  write_pair();
  WebConfigFile file(path());
  ASSERT_TRUE(file.load());
  std::filesystem::remove(folder.file("a.crt"));
  const auto gone = file.look(now);
  ASSERT_TRUE(gone);
  EXPECT_FALSE(*gone);
  write_pair();
  const auto back = file.look(now += 2s);
  EXPECT_TRUE(back && *back);
}

}  // namespace
}  // namespace tcpstated
