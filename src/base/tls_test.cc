// TLS of server and client together: who is believed.
#include "base/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http_client.h"
#include "base/http_server.h"
#include "base/http_test_support.h"
#include "base/x509.h"

namespace nanika::base::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

MonoTime soon() {
  return system_clock().mono() + kTestPatience;
}

/// The machine's clock, some time off: makes certificates that are expired today.
class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(Duration by) : by_(by) {}
  WallTime wall() const override { return system_clock().wall() + by_; }
  MonoTime mono() const override { return system_clock().mono(); }
  bool sleep_until(MonoTime when, std::stop_token stop) const override {
    return system_clock().sleep_until(when, std::move(stop));
  }

 private:
  Duration by_;
};

class Tls : public ::testing::Test {
 protected:
  /// Says who asks, and if it is not believed, why.
  std::unique_ptr<Server> serve(TlsServerOptions tls, ServerOptions options = {}) {
    tls.certificate_pem = server_pair_.certificate_pem;
    tls.key_pem = server_pair_.key_pem;
    options.tls = TlsServerContext::create(tls).value();
    return Server::start(std::move(options),
                         [](ExchangePtr x) {
                           const PeerCertificate* peer = x->peer_certificate();
                           std::string who = peer == nullptr
                                                 ? "nobody " + x->peer_certificate_error()
                                                 : peer->common_name;
                           if (peer != nullptr) {
                             for (const auto& o : peer->organizations) who += "," + o;
                           }
                           x->reply({.body = who + x->request().body});
                         })
        .value();
  }

  Result<std::string> ask(const Server& server, TlsClientOptions tls, std::string body = {}) {
    if (tls.ca_pem.empty()) tls.ca_pem = ca_.certificate_pem;
    auto client = Client::create({.url = fmt::format("https://127.0.0.1:{}", server.port()),
                                  .tls = TlsClientContext::create(tls).value()})
                      .value();
    return TRY(client->send({.method = "POST", .body = std::move(body)}, soon(), {})).body;
  }

  static TlsClientOptions with(const x509::KeyPair& pair) {
    return {.certificate_pem = pair.certificate_pem, .key_pem = pair.key_pem};
  }

  const x509::KeyPair ca_ = x509::make_ca("ca", system_clock()).value();
  const x509::KeyPair other_ca_ = x509::make_ca("other", system_clock()).value();
  const x509::KeyPair server_pair_ =
      x509::issue_server(
          ca_, {.common_name = "s", .dns_names = {"s.example"}, .ip_addresses = {"127.0.0.1"}},
          system_clock())
          .value();
  const x509::ClientSubject admin_{.common_name = "admin", .organizations = {"a", "b"}};
  const x509::KeyPair client_ = x509::issue_client(ca_, admin_, system_clock()).value();
  const x509::KeyPair stranger_ = x509::issue_client(other_ca_, admin_, system_clock()).value();
  const x509::KeyPair expired_ =
      x509::issue_client(ca_, admin_, ShiftedClock(-std::chrono::hours(48)), std::chrono::hours(1))
          .value();
};

TEST_F(Tls, BodiesOfAllSizesTravel) {
  const auto server = serve({});
  for (const size_t size : {0u, 1u, 16383u, 16384u, 16385u, 3u << 20}) {
    const std::string body(size, 'x');
    const auto got = ask(*server, {}, body);
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(got->size(), size + std::string("nobody ").size());
  }
}

TEST_F(Tls, RequiredCertificatesLetNobodyElseIn) {
  const auto server = serve({.client_ca_pem = ca_.certificate_pem, .require_client_cert = true});
  EXPECT_EQ(ask(*server, with(client_)).value(), "admin,a,b");
  EXPECT_EQ(ask(*server, {}).error().code, Code::kUnavailable);
  EXPECT_EQ(ask(*server, with(stranger_)).error().code, Code::kUnavailable);
  EXPECT_THAT(ask(*server, with(expired_)).error().message, HasSubstr("expired"));
  EXPECT_EQ(ask(*server, with(server_pair_)).error().code, Code::kUnavailable);  // wrong usage
}

TEST_F(Tls, OptionalCertificatesAreJudgedByTheHandler) {
  const auto server = serve({.client_ca_pem = ca_.certificate_pem});
  EXPECT_EQ(ask(*server, with(client_)).value(), "admin,a,b");
  EXPECT_EQ(ask(*server, {}).value(), "nobody ");
  EXPECT_THAT(ask(*server, with(stranger_)).value(), HasSubstr("nobody unable to"));
  EXPECT_EQ(ask(*server, with(expired_)).value(), "nobody certificate has expired");
  EXPECT_THAT(ask(*server, with(server_pair_)).value(), HasSubstr("nobody un"));
}

TEST_F(Tls, TheServerMustProveItsName) {
  const auto server = serve({});
  EXPECT_EQ(ask(*server, {.server_name = "s.example"}).value(), "nobody ");
  const auto wrong_name = ask(*server, {.server_name = "t.example"});
  EXPECT_THAT(wrong_name.error().message, HasSubstr("hostname mismatch"));
  EXPECT_FALSE(ask(*server, {.ca_pem = other_ca_.certificate_pem}).has_value());
  EXPECT_TRUE(ask(*server, {.ca_pem = other_ca_.certificate_pem, .insecure_skip_verify = true})
                  .has_value());
}

TEST_F(Tls, AHandshakeThatStallsIsCut) {
  const auto server = serve({}, {.header_timeout = milliseconds(40)});
  RawSocket socket(server->port());
  EXPECT_EQ(socket.read_all(), "");
  RawSocket nonsense(server->port());
  nonsense.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(nonsense.read_all().find("HTTP/1.1 200"), std::string::npos);
}

TEST_F(Tls, StreamsAreCoalescedAndSlowReadersCut) {
  ExchangePtr stream;
  std::atomic<bool> open = false;
  std::atomic<bool> closed = false;
  TlsServerOptions tls{.certificate_pem = server_pair_.certificate_pem,
                       .key_pem = server_pair_.key_pem};
  const auto server = Server::start({.tls = TlsServerContext::create(tls).value(),
                                     .write_timeout = milliseconds(60)},
                                    [&](ExchangePtr x) {
                                      x->on_close([&] { closed = true; });
                                      x->start_stream({});
                                      stream = std::move(x);
                                      open = true;
                                    })
                          .value();
  auto client =
      Client::create({.url = fmt::format("https://127.0.0.1:{}", server->port()),
                      .tls = TlsClientContext::create({.ca_pem = ca_.certificate_pem}).value()})
          .value();
  auto body = client->open({}, soon(), {}).value();
  ASSERT_TRUE(eventually([&] { return open.load(); }));
  for (int i = 0; i < 5000; ++i) {
    stream->write(std::make_shared<const std::string>(fmt::format("line {}\n", i)));
  }
  for (int i = 0; i < 5000; ++i)
    ASSERT_EQ(body->read_line(soon(), {}).value(), fmt::format("line {}", i));
  const auto megabyte = std::make_shared<const std::string>(1 << 20, 'x');
  for (int i = 0; i < 32; ++i) stream->write(megabyte);
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  EXPECT_EQ(body->read_all(soon(), {}).error().code, Code::kUnavailable);
}

TEST_F(Tls, ContextsNameWhatIsWrong) {
  EXPECT_THAT(TlsServerContext::create({.certificate_pem = "x"}).error().message,
              HasSubstr("TLS server: certificate"));
  EXPECT_THAT(
      TlsServerContext::create({.certificate_pem = client_.certificate_pem, .key_pem = ca_.key_pem})
          .error()
          .message,
      HasSubstr("does not fit"));
  EXPECT_THAT(TlsClientContext::create({.ca_pem = "x"}).error().message, HasSubstr("CA"));
}

}  // namespace
}  // namespace nanika::base::http
