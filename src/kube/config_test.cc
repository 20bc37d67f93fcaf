#include "kube/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::kube {
namespace {

using base::Result;
using testing::HasSubstr;

constexpr std::string_view kHead = R"(
apiVersion: v1
kind: Config
current-context: here
contexts:
- {name: there, context: {cluster: c, user: nobody}}
- {name: here, context: {cluster: c, user: u, namespace: shop}}
clusters:
- name: c
  cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: Q0E=, tls-server-name: kubernetes}
users:
)";

Result<Config> with_user(std::string_view user, const std::string& folder = ".") {
  return Config::parse(fmt::format("{}- {{name: u, user: {}}}\n", kHead, user), folder);
}

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "kube_config_XXXXXX";
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path + "/" + name) << text;
  }
  std::string path;
};

TEST(Config, TakesTheCurrentContext) {
  auto config = with_user("{client-certificate-data: Y2VydA==, client-key-data: a2V5}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://127.0.0.1:6443");
  EXPECT_EQ(config->namespace_, "shop");
  EXPECT_EQ(config->ca_pem, "CA");
  EXPECT_EQ(config->tls_server_name, "kubernetes");
  EXPECT_EQ(config->certificate_pem, "cert");
  EXPECT_EQ(config->key_pem, "key");
}

TEST(Config, ReadsFilesRelativeToItself) {
  Folder folder;
  folder.write("tls.crt", "cert");
  folder.write("tls.key", "key");
  folder.write("config", fmt::format("{}- name: u\n  user: {{client-certificate: tls.crt, "
                                     "client-key: tls.key, tokenFile: token}}\n",
                                     kHead));
  auto config = Config::load(folder.path + "/config");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->certificate_pem, "cert");
  EXPECT_EQ(config->token_file, folder.path + "/token");
}

TEST(Config, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"{exec: {command: aws}}", "user u: exec: credential plugins are not run"},
      {"{auth-provider: {name: gcp}}", "user u: auth-provider: not supported"},
      {"{username: admin, password: x}", "user u: username: Kubernetes has no basic"},
      {"{client-certificate-data: Y2VydA==}", "client-certificate and client-key go together"},
      {"{client-certificate-data: '!', client-key-data: a2V5}",
       "user u: client-certificate-data: illegal base64 data at input byte 0"},
      {"{client-certificate: /nonexistent, client-key-data: a2V5}",
       "user u: client-certificate: /nonexistent: No such file or directory"},
  };
  for (auto [user, message] : kCases) {
    auto config = with_user(user);
    ASSERT_FALSE(config) << user;
    EXPECT_THAT(config.error().message, HasSubstr(message));
  }
}

TEST(Config, SaysWhichPartIsMissing) {
  EXPECT_THAT(Config::parse("[]").error().message, HasSubstr("no kubeconfig"));
  EXPECT_THAT(Config::parse("kind: Config").error().message, HasSubstr("current-context"));
  EXPECT_THAT(Config::parse("{current-context: x}").error().message,
              HasSubstr("contexts: there is none named \"x\""));
  EXPECT_THAT(Config::parse(kHead, ".", "there").error().message,
              HasSubstr("users: there is none named \"nobody\""));
  EXPECT_THAT(Config::load("/nonexistent").error().message,
              HasSubstr("/nonexistent: No such file or directory"));
}

TEST(Config, TakesABareCluster) {
  auto config = Config::parse(
      "{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, "
      "cluster: {server: 'http://localhost:8080', insecure-skip-tls-verify: true}}]}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "http://localhost:8080");
  EXPECT_TRUE(config->insecure_skip_verify);
}

}  // namespace
}  // namespace nanika::kube
