// The server's limits and timeouts, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http_server.h"
#include "base/http_test_support.h"

namespace nanika::base::http {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::unique_ptr<Server> serve(ServerOptions options, Handler handler) {
  auto server = Server::start(std::move(options), std::move(handler));
  CHECK(server.has_value());
  return std::move(*server);
}

void ok(ExchangePtr x) {
  x->reply({.body = "ok"});
}

TEST(HttpLimits, SlowHeaderGets408) {
  const auto server = serve({.header_timeout = milliseconds(40)}, ok);
  RawSocket socket(server->port());
  socket.send("GET / HT");
  EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpLimits, SlowBodyGets408) {
  const auto server = serve({.body_timeout = milliseconds(40)}, ok);
  for (const char* framing : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
    RawSocket socket(server->port());
    socket.send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\n{}\r\n\r\n1", framing));
    EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 408 "));
  }
}

TEST(HttpLimits, IdleConnectionsAreClosed) {
  const auto server = serve({.idle_timeout = milliseconds(40)}, ok);
  RawSocket fresh(server->port());
  EXPECT_EQ(fresh.read_all(), "");
  RawSocket used(server->port());
  used.send(kGet);
  EXPECT_THAT(used.read_all(), EndsWith("ok"));
}

TEST(HttpLimits, SlowReadersShowInQueuedAndAreCut) {
  ExchangePtr stream;
  std::atomic<bool> open = false;
  std::atomic<bool> closed = false;
  const auto server = serve({.write_timeout = milliseconds(60)}, [&](ExchangePtr x) {
    x->on_close([&] { closed = true; });
    x->start_stream({});
    stream = std::move(x);
    open = true;
  });
  RawSocket socket(server->port(), 4096);
  socket.send(kGet);
  ASSERT_TRUE(eventually([&] { return open.load(); }));
  const auto megabyte = std::make_shared<const std::string>(1 << 20, 'x');
  for (int i = 0; i < 32; ++i) stream->write(megabyte);
  EXPECT_GT(stream->queued(), 1u << 20);
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  stream->write(megabyte);  // after the end: nothing happens
}

TEST(HttpLimits, AFastReaderGetsAllOfManyBuffers) {
  std::atomic<bool> closed = false;
  const auto megabyte = std::make_shared<const std::string>(1 << 20, 'x');
  const auto server = serve({}, [&](ExchangePtr x) {
    x->on_close([&] { closed = true; });
    x->start_stream({});
    for (int i = 0; i < 200; ++i) {
      x->write(std::make_shared<const std::string>("small"));
      if (i % 20 == 0) x->write(megabyte);
    }
    x->finish();
  });
  RawSocket socket(server->port());
  socket.send(kGet);
  const std::string got = socket.read_until("0\r\n\r\n");
  EXPECT_GT(got.size(), (10u << 20) + 200 * 10);
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
}

TEST(HttpLimits, TooManyConnectionsAreClosedAtOnce) {
  const auto server = serve({.max_connections = 1}, ok);
  RawSocket first(server->port());
  first.send(kGet);
  EXPECT_THAT(first.read_until("ok"), StartsWith("HTTP/1.1 200"));
  RawSocket second(server->port());
  EXPECT_THAT(second.read_all(), Not(HasSubstr("HTTP")));
  first.close();
  EXPECT_TRUE(eventually([&] {
    RawSocket third(server->port());
    third.send(kGet);
    return third.read_until("ok").ends_with("ok");
  }));
}

TEST(HttpServerAnswers, HeadHasTheLengthAndNoBody) {
  const auto server = serve({}, ok);
  RawSocket socket(server->port());
  socket.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string got = socket.read_until("\r\n\r\n");
  EXPECT_THAT(got, HasSubstr("Content-Length: 2\r\n"));
  socket.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(socket.read_all(), EndsWith("\r\n\r\n"));
}

TEST(HttpServerAnswers, InvitesABodyThatWaitsForIt) {
  const auto server = serve({}, [](ExchangePtr x) { x->reply({.body = x->request().body}); });
  RawSocket socket(server->port());
  socket.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("abc");
  EXPECT_THAT(socket.read_until("abc"), StartsWith("HTTP/1.1 200 OK"));
}

TEST(HttpServerAnswers, Http10AndConnectionCloseEndTheConnection) {
  const auto server = serve({}, [](ExchangePtr x) {
    if (x->request().path() == "/stream") {
      x->start_stream({.body = "a"});
      x->write(std::make_shared<const std::string>("b"));
      return x->finish();
    }
    x->reply({.body = "ok"});
  });
  for (const char* request :
       {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n"}) {
    RawSocket socket(server->port());
    socket.send(request);
    const std::string got = socket.read_all();
    EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(got, EndsWith("ok"));
  }
  RawSocket socket(server->port());
  socket.send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_THAT(socket.read_all(), EndsWith("\r\n\r\nab"));
}

TEST(HttpServerAnswers, DroppedAndThrowingHandlersGive500) {
  const auto server = serve({}, [](ExchangePtr x) {
    if (x->request().path() == "/throw") throw std::runtime_error("boom");
  });
  RawSocket socket(server->port());
  for (const char* path : {"/throw", "/drop", "/throw"}) {
    socket.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path));
    EXPECT_THAT(socket.read_until("\n"), StartsWith("HTTP/1.1 500"));
  }
}

TEST(HttpServerAnswers, HeadersOfAnAnswerCannotBreakOut) {
  const auto server = serve({}, [](ExchangePtr x) {
    Response response{.body = "ok"};
    response.headers.add("X-Bad", "a\r\nInjected: b");
    response.headers.add("X-Good", "fine");
    response.headers.add("Content-Length", "999");
    x->reply(std::move(response));
  });
  RawSocket socket(server->port());
  socket.send(kGet);
  const std::string got = socket.read_until("ok");
  EXPECT_THAT(got, Not(HasSubstr("Injected")));
  EXPECT_THAT(got, Not(HasSubstr("999")));
  EXPECT_THAT(got, HasSubstr("X-Good: fine\r\n"));
}

TEST(HttpServerAnswers, AHalfClosedPeerStillGetsItsAnswer) {
  ExchangePtr waiting;
  std::atomic<bool> left = false;
  std::atomic<bool> asked = false;
  const auto server = serve({}, [&](ExchangePtr x) {
    x->on_close([&] { left = true; });
    waiting = std::move(x);
    asked = true;
  });
  RawSocket socket(server->port());
  socket.send(kGet);
  ASSERT_TRUE(eventually([&] { return asked.load(); }));
  socket.half_close();
  ASSERT_TRUE(eventually([&] { return left.load(); }));
  waiting->reply({.body = "late"});
  EXPECT_THAT(socket.read_all(), EndsWith("late"));
}

TEST(HttpServerAnswers, AWatcherThatLeavesIsNoticed) {
  std::atomic<bool> open = false;
  std::atomic<bool> closed = false;
  ExchangePtr stream;
  const auto server = serve({}, [&](ExchangePtr x) {
    x->on_close([&] { closed = true; });
    x->start_stream({});
    stream = std::move(x);
    open = true;
  });
  RawSocket socket(server->port());
  socket.send(kGet);
  ASSERT_TRUE(eventually([&] { return open.load(); }));
  socket.close();
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
}

TEST(HttpStop, EndsStreamsInOrderAndWaitsForAnswers) {
  ExchangePtr waiting;
  std::vector<ExchangePtr> streams;
  std::atomic<int> asked = 0;
  std::atomic<int> closed = 0;
  auto server = serve({}, [&](ExchangePtr x) {
    if (x->request().path() == "/stream") {
      x->on_close([&] { ++closed; });
      x->start_stream({.body = "a"});
      streams.push_back(std::move(x));
    } else {
      waiting = std::move(x);
    }
    ++asked;
  });
  RawSocket stream(server->port());
  RawSocket plain(server->port());
  RawSocket idle(server->port());
  stream.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  plain.send(kGet);
  ASSERT_TRUE(eventually([&] { return asked == 2; }));
  std::thread stopper([&] { server->stop(kTestPatience); });
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_THAT(stream.read_all(), EndsWith("1\r\na\r\n0\r\n\r\n"));
  EXPECT_EQ(closed, 1);
  waiting->reply({.body = "done"});
  EXPECT_THAT(plain.read_all(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("done")));
  stopper.join();
  waiting->write(std::make_shared<const std::string>("late"));
}

TEST(HttpStop, GraceEndsAndPortIsFree) {
  ExchangePtr waiting;
  std::atomic<bool> asked = false;
  auto server = serve({.threads = 2}, [&](ExchangePtr x) {
    waiting = std::move(x);
    asked = true;
  });
  const std::string address = server->address();
  RawSocket socket(server->port());
  socket.send(kGet);
  ASSERT_TRUE(eventually([&] { return asked.load(); }));
  EXPECT_EQ(Server::start({.listen = address}, ok).error().code, Code::kUnavailable);
  server->stop(milliseconds(10));
  EXPECT_EQ(socket.read_all(), "");
  server.reset();
  EXPECT_TRUE(Server::start({.listen = address}, ok).has_value());
  waiting->reply({});
}

TEST(HttpStop, AnswersFromManyThreadsWhileItStops) {
  std::mutex mutex;
  std::vector<ExchangePtr> waiting;
  auto server = serve({.threads = 2}, [&](ExchangePtr x) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(x));
  });
  std::atomic<bool> done = false;
  std::vector<std::thread> answerers;
  for (int i = 0; i < 2; ++i) {
    answerers.emplace_back([&] {
      while (!done) {
        std::vector<ExchangePtr> mine;
        {
          const std::lock_guard lock(mutex);
          mine.swap(waiting);
        }
        for (const auto& x : mine) x->reply({.body = "ok"});
      }
    });
  }
  std::atomic<int> answers = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, port = server->port()] {
      RawSocket socket(port);
      for (;;) {
        socket.send(kGet);
        if (!socket.read_until("ok").ends_with("ok")) return;
        ++answers;
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return answers > 200; }));
  server->stop(milliseconds(100));
  for (auto& t : clients) t.join();
  done = true;
  for (auto& t : answerers) t.join();
}

TEST(HttpListen, RefusesBadAddresses) {
  for (const char* bad :
       {"", "x", "127.0.0.1", ":80", "::1:80", "127.0.0.1:99999", "host.example:1"}) {
    const auto got = Server::start({.listen = bad}, ok);
    ASSERT_FALSE(got.has_value()) << bad;
    EXPECT_EQ(got.error().code, Code::kInvalid) << bad;
  }
  const auto v6 = Server::start({.listen = "[::1]:0"}, ok);
  if (v6) EXPECT_THAT((*v6)->address(), StartsWith("[::1]:"));
}

}  // namespace
}  // namespace nanika::base::http
