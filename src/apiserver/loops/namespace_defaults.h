// Every namespace has a ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, and gets
// them back when they are deleted or changed (upstream: serviceaccounts_controller.go,
// rootcacertpublisher).
#pragma once

#include <string>

#include "apiserver/loops/api.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

class NamespaceDefaults final : public Reconciler {
 public:
  NamespaceDefaults(Api& api, std::string ca_pem) : api_(api), ca_pem_(std::move(ca_pem)) {}
  std::string_view name() const override { return "namespace-defaults"; }
  void begin(Feed& feed, KeyQueue& queue) override;
  base::Result<base::Duration> reconcile(const std::string& ns) override;

 private:
  Result<void> ensure_account(const std::string& ns);
  Result<void> publish_ca(const std::string& ns);
  Api& api_;
  const std::string ca_pem_;
};

}  // namespace nanika::apiserver::loops
