#include "base/x509.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock_fake.h"

namespace nanika::base::x509 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Runs a command of ours and returns what it printed.
std::string run(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
  ::pclose(pipe);
  return out;
}

class TempDir {
 public:
  TempDir() {
    std::string pattern = std::filesystem::temp_directory_path() / "x509.XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

TEST(X509, WhatItIssuesSatisfiesOpenssl) {
  const TempDir dir;
  const auto ca = make_ca("test-ca", system_clock()).value();
  const auto server = issue_server(ca,
                                   {.common_name = "apiserver",
                                    .dns_names = {"localhost", "*.svc.example"},
                                    .ip_addresses = {"127.0.0.1", "2001:db8::1"}},
                                   system_clock())
                          .value();
  const auto client =
      issue_client(ca, {.common_name = "admin", .organizations = {"system:masters", "ops, inc"}},
                   system_clock())
          .value();
  const std::string ca_file = dir.put("ca.pem", ca.certificate_pem);
  const std::string server_file = dir.put("server.pem", server.certificate_pem);
  const std::string client_file = dir.put("client.pem", client.certificate_pem);
  const auto verify = [&](const std::string& options, const std::string& file) {
    return run("openssl verify -x509_strict -CAfile " + ca_file + " " + options + " " + file);
  };
  EXPECT_THAT(verify("-purpose sslserver -verify_hostname a.svc.example", server_file),
              HasSubstr(": OK"));
  EXPECT_THAT(verify("-purpose sslserver -verify_ip 2001:db8::1", server_file), HasSubstr(": OK"));
  EXPECT_THAT(verify("-purpose sslclient", server_file),
              HasSubstr("unsuitable certificate purpose"));
  EXPECT_THAT(verify("-purpose sslclient", client_file), HasSubstr(": OK"));
  const std::string text = run("openssl x509 -noout -text -in " + client_file);
  EXPECT_THAT(text, HasSubstr("Subject: O = system:masters, O = \"ops, inc\", CN = admin"));
  EXPECT_THAT(text, HasSubstr("NIST CURVE: P-256"));
  const std::string key = dir.put("key.pem", server.key_pem);
  EXPECT_THAT(run("openssl pkey -noout -check -in " + key), HasSubstr("Key is valid"));
}

TEST(X509, DescribesWhatItMade) {
  FakeClock clock;
  const auto ca = make_ca("test-ca", clock).value();
  const auto leaf =
      issue_server(ca, {.common_name = "x", .dns_names = {"a"}, .ip_addresses = {"::1"}}, clock,
                   std::chrono::hours(1))
          .value();
  const auto info = describe(leaf.certificate_pem).value();
  EXPECT_EQ(info.common_name, "x");
  EXPECT_EQ(info.issuer_common_name, "test-ca");
  EXPECT_THAT(info.dns_names, ElementsAre("a"));
  EXPECT_THAT(info.ip_addresses, ElementsAre("::1"));
  EXPECT_FALSE(info.is_ca);
  EXPECT_EQ(info.serial.size(), 32u);
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.wall());
  EXPECT_EQ(info.not_before, now - std::chrono::minutes(5));
  EXPECT_EQ(info.not_after, now + std::chrono::hours(1));
  const auto ca_info = describe(ca.certificate_pem).value();
  EXPECT_TRUE(ca_info.is_ca);
  EXPECT_EQ(ca_info.not_after - ca_info.not_before, kTenYears + std::chrono::minutes(5));
  EXPECT_NE(ca_info.serial, info.serial);
}

TEST(X509, KnowsWhatBelongsTogether) {
  const auto ca = make_ca("same", system_clock()).value();
  const auto other = make_ca("same", system_clock()).value();
  const auto leaf = issue_client(ca, {.common_name = "u"}, system_clock()).value();
  EXPECT_TRUE(check_key_fits(leaf.certificate_pem, leaf.key_pem).has_value());
  EXPECT_FALSE(check_key_fits(leaf.certificate_pem, ca.key_pem).has_value());
  EXPECT_TRUE(check_issued_by(leaf.certificate_pem, ca.certificate_pem).has_value());
  EXPECT_FALSE(check_issued_by(leaf.certificate_pem, other.certificate_pem).has_value());
  EXPECT_FALSE(issue_client(leaf, {.common_name = "v"}, system_clock()).has_value());
}

TEST(X509, RefusesBadNames) {
  const auto ca = make_ca("ca", system_clock()).value();
  for (const ServerSubject& bad :
       {ServerSubject{.common_name = "x"},
        ServerSubject{.common_name = "x", .dns_names = {"a,IP:1.2.3.4"}},
        ServerSubject{.common_name = "x", .ip_addresses = {"1.2.3"}},
        ServerSubject{.common_name = "", .dns_names = {"a"}},
        ServerSubject{.common_name = std::string(65, 'x'), .dns_names = {"a"}}}) {
    const auto got = issue_server(ca, bad, system_clock());
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, Code::kInvalid);
  }
  for (const char* pem :
       {"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_EQ(describe(pem).error().code, Code::kInvalid);
  }
}

}  // namespace
}  // namespace nanika::base::x509
