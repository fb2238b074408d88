// SPDX-License-Identifier: Apache-2.0
#include "http/password_hash.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

// Of "sesame", with the least cost.
const std::string kSesame =
    "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG";

TEST(BcryptHash, ThreeVariantsAreOnes) {
  for (const char variant : {'a', 'b', 'y'}) {
    std::string hash = kSesame;
    hash[2] = variant;
    EXPECT_TRUE(is_bcrypt_hash(hash)) << hash;
  }
}

TEST(BcryptHash, NothingElseIsOne) {
  for (const char* text :
       {"", "secret", "$2y$zz$garbage", "$6$salt$hash",
        "$2x$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG",
        "$2b$03$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG",
        "$2b$32$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG",
        "$2b$+4$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG",
        "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/m",
        "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mGG",
        "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/m:",
        "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/m\n"})
    EXPECT_FALSE(is_bcrypt_hash(text)) << text;
}

TEST(PasswordMatches, TheRightOneInEveryVariant) {
  for (const char variant : {'a', 'b', 'y'}) {
    std::string hash = kSesame;
    hash[2] = variant;
    EXPECT_TRUE(password_matches(hash, "sesame")) << hash;
  }
}

TEST(PasswordMatches, NoWrongOne) {
  for (const char* password : {"", "Sesame", "sesame ", "sesam", "sesamee"})
    EXPECT_FALSE(password_matches(kSesame, password)) << password;
}

TEST(PasswordMatches, AnEmptyPasswordIsOneLikeAnyOther) {
  const std::string empty =
      "$2b$04$wD3y9Zv4FYeELjcHjMKxTukyr6rttyqPj9kYxNHLuOJJ7vYRriVPy";
  EXPECT_TRUE(password_matches(empty, ""));
  EXPECT_FALSE(password_matches(empty, "x"));
}

TEST(PasswordMatches, WhatBcryptWouldCutIsWrong) {
  const std::string longest =
      "$2b$04$P1MGMe6/rV.fKD7j/vJYY.r53ibnFKZcxI1Aon67Pni2nLj1CdUw6";
  EXPECT_TRUE(password_matches(longest, std::string(72, 'a')));
  EXPECT_FALSE(password_matches(longest, std::string(73, 'a')));
  EXPECT_FALSE(password_matches(longest, std::string(71, 'a')));
}

TEST(PasswordMatches, ASaltMayHaveUnusedBits) {
  std::string other = kSesame;
  ASSERT_EQ(other[28], 'O');  // the last digit of the salt counts by 2 bits
  other[28] = 'P';
  EXPECT_TRUE(password_matches(other, "sesame"));
  EXPECT_FALSE(password_matches(other, "sesam"));
}

TEST(PasswordMatches, AHashThatIsNoneMatchesNothing) {
  for (const char* hash : {"", "*0", "*1", "$2y$zz$garbage"})
    for (const char* password : {"", "*0", "sesame"})
      EXPECT_FALSE(password_matches(hash, password)) << hash;
}

}  // namespace
}  // namespace tcpstated
