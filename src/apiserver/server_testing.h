// For tests: a whole server on a port of its own, and clients of it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "apiserver/server.h"
#include "apiserver/store/store_testing.h"
#include "base/base64.h"
#include "base/http_client.h"
#include "base/yaml.h"

namespace nanika::apiserver {

namespace http = base::http;

class ServerTesting : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    auto started = Server::start({.data_dir = folder_ / "data", .listen = "127.0.0.1:0"});
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    auto config = base::parse_yaml(server_->kubeconfig());
    ASSERT_TRUE(config);
    const json::value& user = config->at("users").at(0).at("user");
    auto decode = [](const json::value& text) {
      return *base::base64_decode(std::string_view(text.as_string()));
    };
    admin_ = client({.ca_pem = server_->ca_pem(),
                     .certificate_pem = decode(user.at("client-certificate-data")),
                     .key_pem = decode(user.at("client-key-data"))});
    nobody_ = client({.ca_pem = server_->ca_pem()});
  }
  std::unique_ptr<http::Client> client(const base::TlsClientOptions& options) {
    auto tls = base::TlsClientContext::create(options);
    EXPECT_TRUE(tls) << tls.error().message;
    auto made = http::Client::create({.url = server_->url(), .tls = *tls});
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  base::MonoTime soon() { return base::system_clock().mono() + std::chrono::seconds(20); }

  struct Got {
    int status = 0;
    json::value body;
    http::Headers headers;
    std::string text;
  };
  Got send(http::Client& by, std::string method, std::string target, std::string body = "",
           std::string type = "application/json", std::string accept = "") {
    http::Request request{.method = std::move(method), .target = std::move(target)};
    if (!body.empty()) request.headers.add("Content-Type", std::move(type));
    if (!accept.empty()) request.headers.add("Accept", std::move(accept));
    request.headers.add("User-Agent", "story/1");
    request.body = std::move(body);
    auto answer = by.send(std::move(request), soon(), {});
    EXPECT_TRUE(answer) << answer.error().message;
    if (!answer) return {};
    Got got{.status = answer->status, .headers = answer->headers, .text = answer->body};
    if (auto parsed = base::parse_json(answer->body)) got.body = std::move(*parsed);
    return got;
  }
  Got admin(std::string method, std::string target, std::string body = "",
            std::string type = "application/json", std::string accept = "") {
    return send(*admin_, std::move(method), std::move(target), std::move(body), std::move(type),
                std::move(accept));
  }

  /// Asks until it is so; the test fails when it is not so soon.
  void until(const std::function<bool()>& so) {
    base::MonoTime deadline = soon();
    while (!so()) {
      ASSERT_LT(base::system_clock().mono(), deadline);
      base::system_clock().sleep_for(std::chrono::milliseconds(5), {});
    }
  }

  store::TempFolder folder_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<http::Client> admin_, nobody_;
};

}  // namespace nanika::apiserver
