#include "base/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http_server.h"
#include "base/http_test_support.h"

namespace nanika::base::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

MonoTime soon(milliseconds wait = kTestPatience) {
  return system_clock().mono() + wait;
}

std::unique_ptr<Server> serve(Handler handler, ServerOptions options = {}) {
  auto server = Server::start(std::move(options), std::move(handler));
  CHECK(server.has_value());
  return std::move(*server);
}

std::unique_ptr<Client> client_of(int port, ClientOptions options = {}) {
  options.url = fmt::format("http://127.0.0.1:{}", port);
  auto client = Client::create(std::move(options));
  CHECK(client.has_value());
  return std::move(*client);
}

/// Accepts on a port of its own and does with each connection as it is told.
class ScriptedServer {
 public:
  using Script = std::function<void(int socket, int nth)>;
  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    CHECK(::listen(listener_, 16) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] {
      for (int nth = 0;; ++nth) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        script_(socket, nth);
        ::close(socket);
      }
    });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  int port() const { return port_; }

 private:
  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

void read_request(int socket) {
  std::string got;
  char byte = 0;
  while (!got.ends_with("\r\n\r\n") && ::recv(socket, &byte, 1, 0) == 1) got.push_back(byte);
}

void say(int socket, std::string_view text) {
  (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

TEST(HttpClient, SendsAndReadsKeepingTheConnection) {
  std::mutex mutex;
  std::set<std::string> peers;
  const auto server = serve([&](ExchangePtr x) {
    {
      const std::lock_guard lock(mutex);
      peers.insert(x->remote_address());
    }
    Response response{.status = 201, .body = x->request().method + x->request().body};
    response.headers.add("X-Target", x->request().target);
    x->reply(std::move(response));
  });
  const auto client = client_of(server->port());
  const std::string big(3 << 20, 'b');
  for (const std::string& body : {std::string("a"), std::string(), big}) {
    Request request{.method = "POST", .target = "/x?y=z", .body = body};
    const auto got = client->send(request, soon(), {});
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(got->status, 201);
    EXPECT_EQ(got->headers.get("x-target"), "/x?y=z");
    EXPECT_EQ(got->body, "POST" + body);
  }
  EXPECT_EQ(peers.size(), 1u);
}

TEST(HttpClient, ReadsAStreamLineByLine) {
  ExchangePtr stream;
  std::atomic<bool> open = false;
  const auto server = serve([&](ExchangePtr x) {
    stream = x;
    x->start_stream({});
    open = true;
  });
  const auto client = client_of(server->port());
  auto body = client->open({.target = "/watch"}, soon(), {});
  ASSERT_TRUE(body.has_value()) << body.error().message;
  EXPECT_EQ((*body)->status(), 200);
  const auto nothing = (*body)->read_line(soon(milliseconds(20)), {});
  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().code, Code::kDeadlineExceeded);
  ASSERT_TRUE(eventually([&] { return open.load(); }));
  stream->write(std::make_shared<const std::string>("one\ntw"));
  EXPECT_EQ((*body)->read_line(soon(), {}).value(), "one");
  EXPECT_EQ((*body)->read_line(soon(milliseconds(20)), {}).error().code, Code::kDeadlineExceeded);
  stream->write(std::make_shared<const std::string>("o\n\nlast"));
  EXPECT_EQ((*body)->read_line(soon(), {}).value(), "two");
  EXPECT_EQ((*body)->read_line(soon(), {}).value(), "");
  stream->finish();
  EXPECT_EQ((*body)->read_line(soon(), {}).value(), "last");
  EXPECT_EQ((*body)->read_line(soon(), {}).error().code, Code::kNotFound);
}

TEST(HttpClient, TellsACutStreamFromAnEndedOne) {
  const auto server = serve([](ExchangePtr x) {
    x->start_stream({.body = "whole\npart"});
    x->abort();
  });
  const auto client = client_of(server->port());
  auto body = client->open({}, soon(), {});
  ASSERT_TRUE(body.has_value()) << body.error().message;
  EXPECT_EQ((*body)->read_line(soon(), {}).value(), "whole");
  EXPECT_EQ((*body)->read_line(soon(), {}).error().code, Code::kUnavailable);
}

TEST(HttpClient, SaysThatTheServerIsNotThere) {
  int port = 0;
  {
    const ScriptedServer gone([](int, int) {});
    port = gone.port();
  }
  const auto got = client_of(port)->send({}, soon(), {});
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, Code::kUnavailable);
  EXPECT_THAT(got.error().message, HasSubstr(fmt::format("127.0.0.1:{}", port)));
}

TEST(HttpClient, SaysThatABodyWasCut) {
  const ScriptedServer server([](int socket, int) {
    read_request(socket);
    say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  const auto got = client_of(server.port())->send({}, soon(), {});
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, Code::kUnavailable);
  EXPECT_THAT(got.error().message, HasSubstr("cut"));
}

TEST(HttpClient, ReplacesAStaleConnectionForIdempotentMethodsOnly) {
  // Each connection answers once, takes the next request, and dies without a word.
  const ScriptedServer server([](int socket, int) {
    read_request(socket);
    say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    read_request(socket);
  });
  const auto client = client_of(server.port());
  EXPECT_TRUE(client->send({}, soon(), {}).has_value());
  EXPECT_TRUE(client->send({}, soon(), {}).has_value());
  const auto post = client->send({.method = "POST"}, soon(), {});
  ASSERT_FALSE(post.has_value());
  EXPECT_EQ(post.error().code, Code::kUnavailable);
}

TEST(HttpClient, StopsWithinMilliseconds) {
  std::vector<ExchangePtr> kept;
  std::atomic<int> asked = 0;
  const auto server = serve([&](ExchangePtr x) {
    kept.push_back(std::move(x));
    ++asked;
  });
  const auto client = client_of(server->port());
  std::stop_source stop;
  std::chrono::steady_clock::time_point stopped;
  std::thread stopper([&] {
    eventually([&] { return asked > 0; });
    stopped = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const auto got = client->send({}, soon(), stop.get_token());
  const auto took = std::chrono::steady_clock::now() - stopped;
  stopper.join();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, Code::kCancelled);
  EXPECT_LT(took, milliseconds(500));  // milliseconds, unless the machine is very busy
  for (const auto& x : kept) x->reply({});
}

TEST(HttpClient, HoldsItsDeadlineAndLimits) {
  const ScriptedServer silent([](int socket, int nth) {
    read_request(socket);
    if (nth == 0) read_request(socket);  // until the client gives up
    if (nth == 1) say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n");
    if (nth == 2) say(socket, "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'));
    if (nth == 3) say(socket, "HTTP/1.1 200 OK\r\nA: " + std::string(1000, 'x'));
    if (nth == 4) say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
  });
  const auto client = client_of(silent.port(), {.max_header_bytes = 500, .max_body_bytes = 100});
  const Code want[] = {Code::kDeadlineExceeded, Code::kTooLarge, Code::kTooLarge, Code::kTooLarge,
                       Code::kUnavailable};
  for (size_t i = 0; i < std::size(want); ++i) {
    const auto got = client->send({}, soon(i == 0 ? milliseconds(30) : kTestPatience), {});
    ASSERT_FALSE(got.has_value()) << i;
    EXPECT_EQ(got.error().code, want[i]) << got.error().message;
  }
}

TEST(HttpClient, RefusesToSendWhatWouldBeSmuggled) {
  const auto client = client_of(1);
  Request header;
  header.headers.add("A", "b\r\nC: d");
  for (const Request& bad : {Request{.target = "/a b"}, Request{.target = "/a\r\nX: y"},
                             Request{.target = "a"}, Request{.method = "G T"}, header}) {
    EXPECT_EQ(client->send(bad, soon(), {}).error().code, Code::kInvalid);
  }
  for (const char* url : {"ftp://x", "https://x", "http://:1", "http://x:99999", "http://x/a?b",
                          "http://::1:80", "http://u@x"}) {
    EXPECT_EQ(Client::create({.url = url}).error().code, Code::kInvalid) << url;
  }
}

}  // namespace
}  // namespace nanika::base::http
