#include "base/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http_test_support.h"

namespace nanika::base::http {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Says back what it got.
void echo(ExchangePtr x) {
  const Request& r = x->request();
  x->reply({.status = 200, .body = fmt::format("{} {} [{}]", r.method, r.target, r.body)});
}

std::unique_ptr<Server> serve(ServerOptions options, Handler handler) {
  auto server = Server::start(std::move(options), std::move(handler));
  CHECK(server.has_value());
  return std::move(*server);
}

std::string ask(int port, std::string_view request) {
  RawSocket socket(port);
  socket.send(request);
  return socket.read_all();
}

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  const auto server = serve({}, echo);
  RawSocket socket(server->port());
  for (int i = 0; i < 3; ++i) {
    socket.send(fmt::format("POST /a?b={} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", i));
    const std::string got = socket.read_until("[abc]");
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(got, HasSubstr("\r\nContent-Length: 17\r\n"));
    EXPECT_THAT(got, HasSubstr("\r\nDate: "));
    EXPECT_THAT(got, EndsWith(fmt::format("POST /a?b={} [abc]", i)));
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  std::mutex mutex;
  std::vector<ExchangePtr> waiting;
  const auto server = serve({}, [&](ExchangePtr x) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(x));
  });
  RawSocket socket(server->port());
  socket.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 1; i <= 2; ++i) {
    const auto one = [&] {
      const std::lock_guard lock(mutex);
      return waiting.size() == 1;
    };
    ASSERT_TRUE(eventually(one));
    const std::lock_guard lock(mutex);
    waiting[0]->reply({.body = std::string(waiting[0]->request().target) + "!"});
    waiting.clear();
  }
  EXPECT_THAT(socket.read_until("/2!"), HasSubstr("/1!HTTP/1.1 200 OK"));
}

TEST(HttpServer, StreamsChunksBothWays) {
  ExchangePtr stream;
  std::atomic<bool> closed = false;
  const auto server = serve({}, [&](ExchangePtr x) {
    x->on_close([&] { closed = true; });
    x->start_stream({.body = x->request().body});
    stream = std::move(x);
  });
  RawSocket socket(server->port());
  socket.send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
      "2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_THAT(socket.read_until("5\r\nabcde\r\n"), HasSubstr("Transfer-Encoding: chunked"));
  stream->write(std::make_shared<const std::string>("more"));
  EXPECT_EQ(socket.read_until("more\r\n"), "4\r\nmore\r\n");
  EXPECT_FALSE(closed);
  stream->finish();
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "0\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  // The connection lives on.
  socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(socket.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 OK"));
}

TEST(HttpServer, RefusesWhatCouldBeSmuggled) {
  const auto server = serve({.max_header_bytes = 2048, .max_body_bytes = 100}, echo);
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::pair<std::string, int> cases[] = {
      {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
      {post + "Content-Length: 1, 1\r\n\r\na", 400},
      {post + "Content-Length: -1\r\n\r\n", 400},
      {post + "Content-Length: +1\r\n\r\na", 400},
      {post + "Content-Length: 0x1\r\n\r\na", 400},
      {post + "Content-Length:\r\n\r\na", 400},
      {post + "Content-Length: 99999999999999999999\r\n\r\na", 400},
      {post + "Content-Length: 101\r\n\r\n", 413},
      {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: identity\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n0\r\n\r\n",
       400},
      {post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\na", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFF\r\na", 413},
      {post + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n" + std::string(2000, '0'), 400},
      {"GET / HTTP/1.1\nHost: x\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {std::string("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 36), 400},
      {std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28), 400},
      {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"G\tT / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\n", 505},
      {"GET / FTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Expect: miracle\r\nContent-Length: 1\r\n\r\na", 417},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(3000, 'b') + "\r\n\r\n", 431},
      {"GET /" + std::string(5000, 'b'), 431},
  };
  for (const auto& [request, status] : cases) {
    const std::string got = ask(server->port(), request);
    EXPECT_THAT(got, StartsWith(fmt::format("HTTP/1.1 {} ", status))) << request.substr(0, 200);
    EXPECT_THAT(got, HasSubstr("Connection: close\r\n")) << request.substr(0, 200);
    // Nothing behind a refused request is taken for another one.
    EXPECT_EQ(got.find("\nHTTP/1.1"), std::string::npos) << got;
  }
}

}  // namespace
}  // namespace nanika::base::http
