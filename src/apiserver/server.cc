#include "apiserver/server.h"

#include <unistd.h>

#include "apiserver/auth/authenticator.h"
#include "apiserver/auth/pki.h"
#include "apiserver/auth/tokens.h"
#include "apiserver/loops/loops.h"
#include "apiserver/registry/builtin_resources.h"
#include "apiserver/registry/definitions.h"
#include "apiserver/registry/object_metrics.h"
#include "apiserver/registry/served.h"
#include "apiserver/registry/service_allocator.h"
#include "apiserver/rest/api.h"
#include "base/file.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/process_metrics.h"

namespace nanika::apiserver {

namespace {

using base::Result;
namespace http = base::http;

// "127.0.0.1:6443" and "[::1]:6443" without the port.
std::string host_of(const std::string& listen) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return host;
}

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return {};
  return name;
}

// What the server's certificate must be good for.
Result<std::vector<std::string>> names_of(const ServerOptions& options) {
  std::vector<std::string> names = {"localhost",
                                    "127.0.0.1",
                                    "::1",
                                    "kubernetes",
                                    "kubernetes.default",
                                    "kubernetes.default.svc",
                                    "kubernetes.default.svc.cluster.local"};
  auto add = [&names](std::string name) {
    if (!name.empty() && std::ranges::find(names, name) == names.end())
      names.push_back(std::move(name));
  };
  add(host_name());
  for (const std::string& host : {host_of(options.listen), options.advertise}) {
    auto address = base::IpAddress::parse(host);
    if (!address || !address->is_unspecified()) add(host);
  }
  for (const std::string& range : {options.service_ipv4, options.service_ipv6}) {
    base::IpPrefix prefix = TRY(base::IpPrefix::parse(range));
    auto bytes = prefix.first().bytes();
    bytes[prefix.family() == base::Family::kIPv4 ? 3 : 15] |= 1;
    add(base::IpAddress::from_bytes(prefix.family(), bytes.data()).str());
  }
  return names;
}

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(ServerOptions options) : options_(std::move(options)) {}
  ~ServerImpl() override { stop({}); }

  Result<void> start();
  Result<void> start_loops();
  Result<std::unique_ptr<ServiceAllocator>> make_allocator();
  std::string url() const override {
    return url_at(options_.advertise.empty() ? host_of(options_.listen) : options_.advertise);
  }
  int port() const override { return http_->port(); }
  const std::string& ca_pem() const override { return pki_.ca_pem; }
  std::string kubeconfig() const override {
    return make_kubeconfig(url(), pki_.ca_pem, pki_.admin, "kubernetes-admin");
  }
  std::string local_kubeconfig() const override {
    return make_kubeconfig(url_at(host_of(options_.listen)), pki_.ca_pem, pki_.admin,
                           "kubernetes-admin");
  }
  Registry& registry() override { return *registry_; }
  Operations& operations() override { return *operations_; }
  store::Store& store() override { return *store_; }
  base::Registry& metrics() override { return metrics_; }
  void stop(std::chrono::milliseconds grace) override;

 private:
  std::string url_at(std::string host) const;

  const ServerOptions options_;
  base::Registry metrics_;
  Pki pki_;
  // In the order of making; each is used by those after it.
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<ServiceAllocator> services_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<Authenticator> authenticator_;
  schema::OpenApi openapi_{options_.version};
  std::unique_ptr<ObjectMetrics> object_metrics_;
  std::shared_ptr<void> process_metrics_;
  std::unique_ptr<Definitions> definitions_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<loops::Loops> loops_;
};

Result<void> ServerImpl::start() {
  TRY(base::make_dirs(options_.data_dir, 0700));
  std::vector<std::string> names = TRY(names_of(options_));
  pki_ = TRY(base::in_context(load_pki(options_.data_dir + "/pki", names, *options_.clock), "pki"));
  store_ =
      TRY(store::Store::open({.folder = options_.data_dir + "/store", .clock = options_.clock}));
  registry_ = std::make_unique<Registry>(builtin_resources(*store_));
  executor_ = std::make_unique<Executor>();
  services_ = TRY(make_allocator());
  operations_ = std::make_unique<Operations>(Operations::Parts{.store = *store_,
                                                               .clock = *options_.clock,
                                                               .executor = *executor_,
                                                               .services = services_.get()});
  tokens_ = TRY(Tokens::create(pki_.token_key_pem, *store_, *options_.clock));
  object_metrics_ = std::make_unique<ObjectMetrics>(metrics_, *store_);
  process_metrics_ = base::add_process_metrics(metrics_, options_.version);
  definitions_ =
      std::make_unique<Definitions>(*registry_, *operations_, [this](const Catalog& catalog) {
        openapi_.serve(served_resources(catalog));
        object_metrics_->follow(catalog);
      });
  TRY(definitions_->start());
  authenticator_ = std::make_unique<Authenticator>(*tokens_);

  base::TlsServerOptions tls{.certificate_pem = pki_.server.certificate_pem,
                             .key_pem = pki_.server.key_pem,
                             .client_ca_pem = pki_.ca_pem};
  http::ServerOptions listen{.listen = options_.listen,
                             .threads = options_.threads,
                             .tls = TRY(base::TlsServerContext::create(tls))};
  api_ = std::make_unique<Api>(Api::Parts{.registry = *registry_,
                                          .operations = *operations_,
                                          .store = *store_,
                                          .clock = *options_.clock,
                                          .metrics = metrics_,
                                          .authenticator = *authenticator_,
                                          .tokens = *tokens_,
                                          .openapi = openapi_,
                                          .address = options_.listen,
                                          .version = options_.version});
  http_ = TRY(http::Server::start(listen, [api = api_.get()](http::ExchangePtr exchange) {
    api->handle(std::move(exchange));
  }));
  return start_loops();
}

Result<std::unique_ptr<ServiceAllocator>> ServerImpl::make_allocator() {
  auto ipv4 = TRY(base::in_context(base::IpPrefix::parse(options_.service_ipv4), "service range"));
  auto ipv6 = TRY(base::in_context(base::IpPrefix::parse(options_.service_ipv6), "service range"));
  auto made = std::make_unique<ServiceAllocator>(ServiceAllocator::Ranges{ipv4, ipv6});
  auto stored = TRY(store_->list({.resource = store_->resource("core/services")}));
  for (const store::ObjectPtr& object : stored.items) {
    json::value service = TRY(base::parse_json(object->bytes()));
    made->take(service);
  }
  return made;
}

Result<void> ServerImpl::start_loops() {
  // Service `kubernetes` has the first address of the range, as upstream gives it.
  auto range = TRY(base::in_context(base::IpPrefix::parse(options_.service_ipv4), "service range"));
  base::IpAddress service(range.family(), range.first().number() + 1);
  // Endpoints cannot name a loopback address: on one machine the Service leads nowhere.
  std::string host = options_.advertise.empty() ? host_of(options_.listen) : options_.advertise;
  auto address = base::IpAddress::parse(host);
  bool reachable = address && !address->is_loopback() && !address->is_unspecified();
  loops_ = std::make_unique<loops::Loops>(
      *registry_, *operations_,
      loops::LoopsOptions{.ca_pem = pki_.ca_pem,
                          .system = {.version = options_.version,
                                     .service_ip = service.str(),
                                     .advertise_address = reachable ? host : "",
                                     .port = port()}});
  loops_->start();
  // Whoever is told that we are ready finds the namespace that everybody uses.
  const base::Clock& clock = *options_.clock;
  store::ResourceId namespaces = store_->resource("core/namespaces");
  base::MonoTime deadline = clock.mono() + std::chrono::seconds(10);
  while (store_->get(namespaces, "", "default") == nullptr) {
    if (clock.mono() > deadline)
      return base::fail(base::Code::kDeadlineExceeded, "namespace default could not be made");
    clock.sleep_for(std::chrono::milliseconds(1), {});
  }
  return {};
}

std::string ServerImpl::url_at(std::string host) const {
  if (auto address = base::IpAddress::parse(host); address && address->is_unspecified())
    host = address->family() == base::Family::kIPv4 ? "127.0.0.1" : "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return fmt::format("https://{}:{}", host, http_->port());
}

void ServerImpl::stop(std::chrono::milliseconds grace) {
  if (!http_) return;
  loops_.reset();
  api_->stop();
  http_->stop(grace);
  http_.reset();
  definitions_->stop();
  executor_->stop();
  // What was queued before is carried out, and answered, before we go.
  (void)store_->submit_and_wait(
      {.op = store::Op::kDelete, .resource = store_->resource("internal/barrier"), .name = "none"});
  definitions_.reset();
  api_.reset();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  auto server = std::make_unique<ServerImpl>(std::move(options));
  TRY(server->start());
  return server;
}

}  // namespace nanika::apiserver
