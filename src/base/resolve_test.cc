#include "base/resolve.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/dns_message.h"

namespace nanika::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{10};

std::vector<std::string> texts(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> out;
  for (const Endpoint& e : endpoints) out.push_back(e.str());
  return out;
}

/// A name server on loopback that knows web.example (one A, behind a CNAME) and says NXDOMAIN else.
class NameServer {
 public:
  NameServer() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    CHECK(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    CHECK(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    const int poke = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port_);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::sendto(poke, "", 0, 0, reinterpret_cast<sockaddr*>(&at), sizeof at);
    thread_.join();
    ::close(poke);
    ::close(fd_);
  }
  uint16_t port() const { return port_; }

 private:
  void serve() {
    for (;;) {
      char buffer[512];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t n =
          ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (n <= 0) return;
      std::string answer(buffer, static_cast<size_t>(n));
      const bool known = answer.find("\3web\7example") == 12;
      const bool wants_a = answer[answer.size() - 3] == 1;
      answer[2] = static_cast<char>(0x81);
      answer[3] = static_cast<char>(known ? 0x80 : 0x83);
      if (known && wants_a) {
        answer[7] = 2;
        answer += std::string("\xc0\x0c\0\5\0\1\0\0\0\1\0\4\1w\xc0\x10", 16);
        answer += std::string("\xc0\x29\0\1\0\1\0\0\0\1\0\4\xc0\0\2\7", 16);
      }
      ::sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  int fd_;
  uint16_t port_ = 0;
  std::thread thread_;
};

class Resolve : public ::testing::Test {
 protected:
  Resolve() {
    std::string pattern = std::filesystem::temp_directory_path() / "resolve.XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    dir_ = pattern;
    std::ofstream(dir_ + "/hosts") << "# 1.1.1.1 commented\n192.0.2.1 one Alias # x\n::2 one\n";
    std::ofstream(dir_ + "/resolv.conf")
        << "nameserver 127.0.0.1\nsearch example\noptions timeout:1 attempts:1 ndots:1\n";
  }
  ~Resolve() override { std::filesystem::remove_all(dir_); }

  Result<std::vector<Endpoint>> ask(const std::string& host) {
    return resolve({host, 80}, system_clock().mono() + kPatience, {},
                   {dir_ + "/hosts", dir_ + "/resolv.conf", server_.port()});
  }

  NameServer server_;
  std::string dir_;
};

TEST_F(Resolve, LiteralsHostsAndDns) {
  EXPECT_THAT(texts(ask("192.0.2.9").value()), ElementsAre("192.0.2.9:80"));
  EXPECT_THAT(texts(ask("::1").value()), ElementsAre("[::1]:80"));
  EXPECT_THAT(texts(ask("localhost").value()), ElementsAre("127.0.0.1:80", "[::1]:80"));
  EXPECT_THAT(texts(ask("one").value()), ElementsAre("192.0.2.1:80", "[::2]:80"));
  EXPECT_THAT(texts(ask("alias").value()), ElementsAre("192.0.2.1:80"));
  EXPECT_THAT(texts(ask("web.example").value()), ElementsAre("192.0.2.7:80"));
  EXPECT_THAT(texts(ask("web").value()), ElementsAre("192.0.2.7:80"));  // by the search list
}

TEST_F(Resolve, SaysWhatIsWrong) {
  EXPECT_EQ(ask("nowhere.example").error().code, Code::kNotFound);
  EXPECT_EQ(ask("a..b").error().code, Code::kInvalid);
  EXPECT_EQ(ask(std::string(64, 'a')).error().code, Code::kInvalid);
}

TEST(DnsMessage, BrokenAnswersAreRefused) {
  const std::string query = dns::make_query(7, "a.b", dns::Type::kA).value();
  std::string answer = query;
  answer[2] = static_cast<char>(0x81);
  EXPECT_TRUE(dns::parse_answer(answer, 7, "A.B", dns::Type::kA).has_value());
  EXPECT_FALSE(dns::parse_answer(answer, 8, "a.b", dns::Type::kA).has_value());
  EXPECT_FALSE(dns::parse_answer(answer, 7, "a.c", dns::Type::kA).has_value());
  EXPECT_FALSE(dns::parse_answer(query, 7, "a.b", dns::Type::kA).has_value());
  answer[7] = 9;  // nine answers that are not there
  for (size_t size = 0; size <= answer.size(); ++size) {
    EXPECT_FALSE(dns::parse_answer(answer.substr(0, size), 7, "a.b", dns::Type::kA).has_value());
  }
  answer += "\xc0";  // a pointer cut in half
  EXPECT_FALSE(dns::parse_answer(answer, 7, "a.b", dns::Type::kA).has_value());
}

}  // namespace
}  // namespace nanika::base
