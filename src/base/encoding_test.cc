#include "base/encoding.h"

#include <gtest/gtest.h>

namespace nanika::base {
namespace {

TEST(Encoding, Base64urlAsInRfc4648) {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg"},
                                                       {"fo", "Zm8"},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg"},
                                                       {"fooba", "Zm9vYmE"},
                                                       {"foobar", "Zm9vYmFy"},
                                                       {"\xfb\xff\xbf!", "-_-_IQ"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text).value(), bytes);
  }
  for (const char* bad : {"Zg==", "Z", "Zh", "+/+/", "Zm9v\n", "Zm 9v"}) {
    EXPECT_FALSE(base64url_decode(bad).has_value()) << bad;
  }
}

TEST(Encoding, Hex) {
  EXPECT_EQ(hex_encode(std::string("\x00\xff\x1a", 3)), "00ff1a");
  EXPECT_EQ(hex_decode("00fF1a").value(), std::string("\x00\xff\x1a", 3));
  EXPECT_FALSE(hex_decode("0").has_value());
  EXPECT_FALSE(hex_decode("0g").has_value());
}

TEST(Encoding, DigestsAsInFips180) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha512_hex("abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(sha256("").size(), 32u);
}

}  // namespace
}  // namespace nanika::base
