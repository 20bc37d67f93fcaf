#include "cli/connection.h"

#include "api/core/objects.h"
#include "api/crds.h"
#include "kube/transport.h"

namespace nanika::cli {

using base::Code;
using base::fail;
using base::Result;
using kube::Context;

namespace {

constexpr api::KindInfo kCrd{.group = "apiextensions.k8s.io",
                             .version = "v1",
                             .kind = "CustomResourceDefinition",
                             .plural = "customresourcedefinitions",
                             .namespaced = false};

Context call_context(const std::stop_token& stop) {
  Context ctx;
  ctx.stop = stop;
  return ctx.within(std::chrono::seconds(10));
}

bool established(const base::json::value& crd) {
  const base::json::value* conditions = base::find(crd, "status", "conditions");
  if (conditions == nullptr || !conditions->is_array()) return false;
  for (const base::json::value& c : conditions->get_array())
    if (base::find_string(c, "type") == "Established" && base::find_string(c, "status") == "True")
      return true;
  return false;
}

}  // namespace

Result<Switch> parse_switch(const std::string& text) {
  if (text == "auto") return Switch::kAuto;
  if (text == "on") return Switch::kOn;
  if (text == "off") return Switch::kOff;
  return fail(Code::kInvalid, "\"{}\" is none of auto, on, off", text);
}

Result<std::unique_ptr<Connection>> Connection::open(const kube::Config& config,
                                                     std::stop_token stop) {
  auto out = std::make_unique<Connection>();
  const base::Clock& clock = base::system_clock();
  out->client_ = std::make_unique<kube::Client>(TRY(kube::connect(config, clock)), clock,
                                                kube::ClientOptions{.metrics = &out->metrics_});
  const base::MonoTime give_up = clock.mono() + std::chrono::minutes(1);
  while (true) {
    auto found = out->client_->get<api::ConfigMap>(call_context(stop), {"kube-public", "nanika"});
    if (found)
      out->embedded_ = found->data.contains("mode") && found->data.at("mode") == "embedded";
    // Absent, or not ours to read: a Kubernetes API of another make.
    if (found || found.error().code == Code::kNotFound || found.error().code == Code::kForbidden)
      return out;
    if (stop.stop_requested() || !base::info(found.error().code).retryable ||
        clock.mono() > give_up)
      return std::unexpected(found.error().in(config.server));
    clock.sleep_for(std::chrono::milliseconds(100), stop);
  }
}

Result<void> install_crds(const kube::Client& client, std::stop_token stop) {
  const kube::Client crds = client.as("nanika-crds");
  std::vector<base::json::object> definitions = api::all_crds();
  for (base::json::object& crd : definitions) {
    const kube::Key key{"", std::string(base::find_string(crd.at("metadata"), "name"))};
    TRY(base::in_context(crds.apply_json(call_context(stop), kCrd, std::move(crd)), key.name));
    const base::MonoTime give_up = client.clock().mono() + std::chrono::seconds(30);
    while (!established(TRY(crds.get_json(call_context(stop), kCrd, key)))) {
      if (client.clock().mono() > give_up)
        return fail(Code::kDeadlineExceeded, "CustomResourceDefinition {} is not Established",
                    key.name);
      if (!client.clock().sleep_for(std::chrono::milliseconds(10), stop))
        return fail(Code::kCancelled, "told to stop");
    }
  }
  return {};
}

}  // namespace nanika::cli
