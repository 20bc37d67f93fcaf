#include "base/base64.h"

#include <gtest/gtest.h>

namespace nanika::base {
namespace {

TEST(Base64, KnowsTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> kVectors[] = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"},
                                                                    {"\xff\xfe", "//4="}};
  for (auto [bytes, text] : kVectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text).value_or("error"), bytes);
  }
  EXPECT_EQ(base64_decode("Zm9v\nYmFy\n").value_or("error"), "foobar");
}

TEST(Base64, RefusesWhatIsBroken) {
  for (std::string_view text :
       {"Zg", "Zg=", "Z===", "=", "Zm9v=", "Zg==Zg==", "Zm 9", "Zm9-", "Zg==="})
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
}

}  // namespace
}  // namespace nanika::base
