#include "kube/config.h"

#include <cstdlib>
#include <filesystem>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/yaml.h"

namespace nanika::kube {

using base::Code;
using base::fail;
using base::in_context;
using base::Result;
namespace json = base::json;

namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr const char* kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";

Result<std::string> read_file(const std::filesystem::path& path) {
  return base::read_file(path.string(), kMaxFileBytes);
}

// The named item of one of kubeconfig's three lists: {name: x, cluster: {...}}.
Result<const json::value*> item(const json::value& root, std::string_view list,
                                std::string_view body, std::string_view name) {
  const json::value* items = base::find(root, list);
  if (items != nullptr && items->is_array()) {
    for (const json::value& entry : items->get_array()) {
      if (base::find_string(entry, "name") != name) continue;
      const json::value* found = base::find(entry, body);
      if (found != nullptr && found->is_object()) return found;
      return fail(Code::kInvalid, "{}: {:?} has no {}", list, name, body);
    }
  }
  return fail(Code::kNotFound, "{}: there is none named {:?}", list, name);
}

// KEY-data in base64, or the file that KEY names; "" when neither is there.
Result<std::string> data_or_file(const json::value& from, const std::string& key,
                                 const std::string& folder) {
  std::string_view data = base::find_string(from, key + "-data");
  if (!data.empty()) return in_context(base::base64_decode(data), key + "-data");
  std::string_view file = base::find_string(from, key);
  if (file.empty()) return std::string();
  return in_context(read_file(std::filesystem::path(folder) / file), key);
}

Result<void> refuse_what_runs_programs(const json::value& user) {
  if (base::find(user, "exec") != nullptr)
    return fail(Code::kUnsupported,
                "exec: credential plugins are not run; use a client certificate or a tokenFile");
  if (base::find(user, "auth-provider") != nullptr)
    return fail(Code::kUnsupported,
                "auth-provider: not supported; use a client certificate or a tokenFile");
  if (base::find(user, "username") != nullptr || base::find(user, "password") != nullptr)
    return fail(Code::kUnsupported,
                "username: Kubernetes has no basic authentication; use a certificate or token");
  return {};
}

Result<void> read_cluster(const json::value& cluster, const std::string& folder, Config& config) {
  config.server = base::find_string(cluster, "server");
  if (config.server.empty()) return fail(Code::kInvalid, "server: it is missing");
  config.ca_pem = TRY(data_or_file(cluster, "certificate-authority", folder));
  config.tls_server_name = base::find_string(cluster, "tls-server-name");
  const json::value* insecure = base::find(cluster, "insecure-skip-tls-verify");
  config.insecure_skip_verify = insecure != nullptr && insecure->is_bool() && insecure->get_bool();
  if (config.insecure_skip_verify && !config.ca_pem.empty())
    return fail(Code::kInvalid,
                "insecure-skip-tls-verify: specifying a root certificate with it is not allowed");
  if (!base::find_string(cluster, "proxy-url").empty())
    return fail(Code::kUnsupported, "proxy-url: proxies are not supported");
  return {};
}

Result<void> read_user(const json::value& user, const std::string& folder, Config& config) {
  TRY(refuse_what_runs_programs(user));
  config.certificate_pem = TRY(data_or_file(user, "client-certificate", folder));
  config.key_pem = TRY(data_or_file(user, "client-key", folder));
  if (config.certificate_pem.empty() != config.key_pem.empty())
    return fail(Code::kInvalid, "client-certificate and client-key go together: one is missing");
  config.token = base::find_string(user, "token");
  std::string_view file = base::find_string(user, "tokenFile");
  if (!file.empty()) config.token_file = (std::filesystem::path(folder) / file).string();
  return {};
}

}  // namespace

Result<Config> Config::parse(std::string_view kubeconfig, const std::string& folder,
                             std::string_view context_name) {
  json::value root = TRY(base::parse_yaml(kubeconfig));
  if (!root.is_object()) return fail(Code::kInvalid, "no kubeconfig: want a mapping at the top");
  if (context_name.empty()) context_name = base::find_string(root, "current-context");
  if (context_name.empty())
    return fail(Code::kInvalid, "current-context: it is not set; run kubectl config use-context");
  const json::value* context = TRY(item(root, "contexts", "context", context_name));

  Config config;
  config.namespace_ = base::find_string(*context, "namespace");
  std::string cluster_name(base::find_string(*context, "cluster"));
  const json::value* cluster = TRY(item(root, "clusters", "cluster", cluster_name));
  TRY(in_context(read_cluster(*cluster, folder, config), "cluster " + cluster_name));
  std::string user_name(base::find_string(*context, "user"));
  if (user_name.empty()) return config;
  const json::value* user = TRY(item(root, "users", "user", user_name));
  TRY(in_context(read_user(*user, folder, config), "user " + user_name));
  return config;
}

Result<Config> Config::load(const std::string& path, std::string_view context) {
  std::string text = TRY(read_file(path));
  std::string folder = std::filesystem::path(path).parent_path().string();
  return in_context(parse(text, folder.empty() ? "." : folder, context), path);
}

Result<Config> Config::in_cluster() {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr || *host == '\0' || *port == '\0')
    return fail(Code::kNotFound,
                "not in a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  std::string name = host;
  if (name.contains(':')) name = "[" + name + "]";
  Config config;
  config.server = fmt::format("https://{}:{}", name, port);
  config.ca_pem = TRY(read_file(std::string(kServiceAccount) + "ca.crt"));
  config.token_file = std::string(kServiceAccount) + "token";
  TRY(read_file(config.token_file));
  if (auto ns = read_file(std::string(kServiceAccount) + "namespace")) config.namespace_ = *ns;
  return config;
}

Result<Config> Config::find(const std::string& path) {
  if (!path.empty()) return load(path);
  if (const char* env = std::getenv("KUBECONFIG"); env != nullptr && *env != '\0') {
    if (std::string_view(env).contains(':'))
      return fail(Code::kUnsupported, "KUBECONFIG: several files are not merged; name one");
    return load(env);
  }
  auto pod = in_cluster();
  if (pod || pod.error().code != Code::kNotFound) return pod;
  const char* home = std::getenv("HOME");
  return load(std::string(home != nullptr ? home : "/root") + "/.kube/config");
}

}  // namespace nanika::kube
