#include "base/jwt.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock_fake.h"
#include "base/encoding.h"
#include "base/x509.h"

namespace nanika::base::jwt {
namespace {

using ::testing::HasSubstr;

class Jwt : public ::testing::Test {
 protected:
  Jwt() { CHECK(verifier_.add_key(signer_->public_key_pem()).has_value()); }

  int64_t now() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch().count();
  }
  std::string token(json::object extra = {}) const {
    json::object claims{{"iss", "https://me"}, {"sub", "u"},   {"aud", {"api", "x"}},
                        {"iat", now()},        {"nbf", now()}, {"exp", now() + 60}};
    for (const auto& field : extra) claims[field.key()] = field.value();
    return signer_->sign(claims).value();
  }
  std::string why_not(std::string_view text, const Expectations& expect = {}) const {
    const auto got = verifier_.verify(text, expect, clock_);
    if (got) return "accepted";
    EXPECT_EQ(got.error().code, Code::kUnauthenticated);
    return got.error().message;
  }

  FakeClock clock_;
  std::unique_ptr<Signer> signer_ = Signer::create(x509::make_key().value()).value();
  Verifier verifier_;
};

TEST_F(Jwt, VerifiesWhatItSigned) {
  const auto claims =
      verifier_.verify(token(), {.issuer = "https://me", .audiences = {"y", "x"}}, clock_);
  ASSERT_TRUE(claims.has_value()) << claims.error().message;
  EXPECT_EQ(claims->at("sub"), "u");
  EXPECT_EQ(unverified_claims(token()).value().at("sub"), "u");
}

TEST_F(Jwt, HoldsTimesAndParties) {
  EXPECT_THAT(why_not(token(), {.issuer = "https://you"}), HasSubstr("issuer"));
  EXPECT_THAT(why_not(token(), {.audiences = {"y"}}), HasSubstr("audience"));
  EXPECT_THAT(why_not(token({{"aud", "y"}}), {.audiences = {"api"}}), HasSubstr("audience"));
  EXPECT_THAT(why_not(token({{"nbf", now() + 5}})), HasSubstr("not valid yet"));
  EXPECT_THAT(why_not(token({{"iat", now() + 5}})), HasSubstr("future"));
  EXPECT_EQ(why_not(token({{"nbf", now() + 5}}), {.leeway = std::chrono::seconds(6)}), "accepted");
  EXPECT_THAT(why_not(token({{"exp", "soon"}})), HasSubstr("not a number"));
  EXPECT_THAT(why_not(signer_->sign({{"sub", "u"}}).value()), HasSubstr("no expiry"));
  const std::string aging = token();
  clock_.advance(std::chrono::seconds(59));
  EXPECT_EQ(why_not(aging), "accepted");
  clock_.advance(std::chrono::seconds(2));
  EXPECT_THAT(why_not(aging), HasSubstr("expired"));
}

TEST_F(Jwt, RefusesForgeries) {
  const std::string good = token();
  const size_t dot = good.find('.');
  const size_t last = good.rfind('.');
  const std::string body = good.substr(dot, last - dot + 1);
  const std::string signature = good.substr(last + 1);
  const auto with_head = [&](const std::string& head) {
    return base64url_encode(head) + body + signature;
  };
  EXPECT_THAT(why_not(base64url_encode(R"({"alg":"none"})") + body), HasSubstr("not allowed"));
  EXPECT_THAT(why_not(with_head(R"({"alg":"HS256"})")), HasSubstr("not allowed"));
  EXPECT_THAT(why_not(with_head(R"({"alg":"RS256"})")), HasSubstr("key is not known"));
  EXPECT_THAT(why_not(with_head(R"({"alg":"ES256","crit":["exp"]})")), HasSubstr("critical"));
  EXPECT_THAT(why_not(with_head(R"({"alg":"ES256","kid":"other"})")), HasSubstr("not known"));
  EXPECT_THAT(why_not(with_head(R"({"alg":"ES256","alg":"none"})")), HasSubstr("duplicate"));
  EXPECT_THAT(why_not(with_head(R"({"alg":"ES256","jku":"https://evil"})")), HasSubstr("wrong"));
  const std::string evil = base64url_encode(R"({"sub":"root","exp":99999999999})");
  EXPECT_THAT(why_not(good.substr(0, dot + 1) + evil + "." + signature), HasSubstr("wrong"));
  EXPECT_THAT(why_not(good.substr(0, last + 1)), HasSubstr("wrong size"));
  for (const std::string& bad : {std::string(), std::string("a.b"), good + ".x", std::string(".."),
                                 good + "=", std::string(20000, 'a'), good + "A"}) {
    EXPECT_NE(why_not(bad), "accepted") << bad;
  }
  Verifier other;
  ASSERT_TRUE(other.add_key(x509::make_key().value()).has_value());
  EXPECT_FALSE(other.verify(good, {}, clock_).has_value());
}

TEST_F(Jwt, VerifiesRs256ByOpenssl) {
  std::string dir = std::filesystem::temp_directory_path() / "jwt.XXXXXX";
  ASSERT_NE(::mkdtemp(dir.data()), nullptr);
  const std::string input = base64url_encode(R"({"alg":"RS256","kid":"r1"})") + "." +
                            base64url_encode(fmt::format(R"({{"exp":{}}})", now() + 60));
  std::ofstream(dir + "/in") << input;
  const std::string command = fmt::format(
      "cd {} && openssl genrsa -out k.pem 2048 2>/dev/null && openssl rsa -in k.pem -pubout -out "
      "p.pem 2>/dev/null && openssl dgst -sha256 -sign k.pem -out sig in && openssl genrsa -out "
      "weak.pem 1024 2>/dev/null",
      dir);
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto slurp = [&](const std::string& name) {
    std::ifstream file(dir + "/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  ASSERT_TRUE(verifier_.add_key(slurp("p.pem"), "r1").has_value());
  EXPECT_EQ(why_not(input + "." + base64url_encode(slurp("sig"))), "accepted");
  EXPECT_FALSE(verifier_.add_key(slurp("weak.pem")).has_value());
  EXPECT_FALSE(Signer::create(slurp("k.pem")).has_value());
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace nanika::base::jwt
