// Where the Kubernetes API is and who we are to it: from a kubeconfig, or from within a Pod.
//
//   auto config = TRY(Config::load("/root/.kube/config"));          // its current context
//   auto transport = TRY(connect(config, clock));                   // transport.h
//
// Certificates and keys may be inline (…-data) or files, relative to the kubeconfig's folder; a
// token may be a file, which is read again while we run. Exec plugins, auth providers and basic
// authentication are refused: we start no programs for a file's sake.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace nanika::kube {

struct Config {
  std::string server;      ///< "https://host:port", perhaps with a path
  std::string namespace_;  ///< of the context; "" when it names none
  std::string ca_pem;      ///< "": the machine's roots
  std::string tls_server_name;
  bool insecure_skip_verify = false;
  std::string certificate_pem;
  std::string key_pem;
  std::string token;
  std::string token_file;  ///< wins over token; read again every minute and after a 401

  /// Reads a kubeconfig and the files that it names. Errors say which key of which file.
  static base::Result<Config> load(const std::string& path, std::string_view context = {});
  /// The same from bytes; relative file names are taken from `folder`.
  static base::Result<Config> parse(std::string_view kubeconfig, const std::string& folder = ".",
                                    std::string_view context = {});
  /// Of a Pod's ServiceAccount: /var/run/secrets/kubernetes.io/serviceaccount and
  /// KUBERNETES_SERVICE_HOST and _PORT. kNotFound: not in a Pod.
  static base::Result<Config> in_cluster();
  /// `path` when given, else $KUBECONFIG, else in_cluster(), else ~/.kube/config: as kubectl and
  /// controllers search.
  static base::Result<Config> find(const std::string& path);
};

}  // namespace nanika::kube
