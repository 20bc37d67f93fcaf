#include <atomic>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock_fake.h"
#include "base/http_server.h"
#include "kube/transport.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;
namespace http = base::http;

// A server that takes one token and tells who called.
class HttpTransportTest : public testing::Test {
 protected:
  void SetUp() override {
    server_ =
        http::Server::start({}, [this](const http::ExchangePtr& exchange) {
          std::string_view token = exchange->request().headers.get("Authorization");
          ++requests_;
          std::scoped_lock lock(mutex_);
          seen_ = token;
          exchange->reply({.status = token == "Bearer " + wanted_ ? 200 : 401,
                           .body = std::string(exchange->request().headers.get("User-Agent"))});
        }).value();
    config_.server = fmt::format("http://{}", server_->address());
    token_file_ = fmt::format("{}/token.{}", testing::TempDir(), ::getpid());
  }
  void TearDown() override { std::remove(token_file_.c_str()); }
  void write_token(const std::string& token) { std::ofstream(token_file_) << token << "\n"; }
  void want(const std::string& token) {
    std::scoped_lock lock(mutex_);
    wanted_ = token;
  }
  int status(Transport& transport) {
    return transport.send({.target = "/version"}, Context{}.within(5s)).value().status;
  }

  std::mutex mutex_;
  std::string wanted_, seen_;  // guarded by mutex_
  std::atomic<int> requests_ = 0;
  std::unique_ptr<http::Server> server_;
  base::FakeClock clock_;
  Config config_;
  std::string token_file_;
};

TEST_F(HttpTransportTest, SendsItsTokenAndName) {
  want("secret");
  config_.token = "secret";
  auto transport = connect(config_, clock_, "nanika-test").value();
  auto answer = transport->send({.target = "/version"}, Context{}.within(5s));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "nanika-test");
}

TEST_F(HttpTransportTest, ARefusedTokenIsReadAgainFromItsFile) {
  write_token("old");
  want("old");
  config_.token_file = token_file_;
  auto transport = connect(config_, clock_).value();
  EXPECT_EQ(status(*transport), 200);
  write_token("new");
  want("new");
  EXPECT_EQ(status(*transport), 200) << "the clock stands still: the 401 made it look again";
  EXPECT_EQ(requests_, 3);
  want("another");
  EXPECT_EQ(status(*transport), 401) << "the file holds no other: no second try";
  EXPECT_EQ(requests_, 4);
}

TEST_F(HttpTransportTest, ATokenFileIsReadEveryMinute) {
  write_token("old");
  want("old");
  config_.token_file = token_file_;
  auto transport = connect(config_, clock_).value();
  EXPECT_EQ(status(*transport), 200);
  write_token("new");
  want("new");
  clock_.advance(61s);
  EXPECT_EQ(status(*transport), 200);
  EXPECT_EQ(requests_, 2);
  std::remove(token_file_.c_str());
  clock_.advance(61s);
  EXPECT_EQ(status(*transport), 200) << "the last token serves on";
}

TEST_F(HttpTransportTest, SaysWhenNobodyIsThere) {
  config_.server = "http://127.0.0.1:1";
  auto transport = connect(config_, base::system_clock()).value();
  auto answer = transport->send({.target = "/version"}, Context{}.within(5s));
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  config_.server = "ftp://127.0.0.1";
  EXPECT_FALSE(connect(config_, clock_));
}

}  // namespace
}  // namespace nanika::kube
