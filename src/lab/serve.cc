#include "lab/serve.h"

#include <signal.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/file.h"
#include "base/http_server.h"

namespace nanika::lab {

namespace {

std::string page(const ServeOptions& options, const base::http::Exchange& exchange) {
  auto client = base::parse_host_port(exchange.remote_address());
  return fmt::format("workload: {}\npod: {}/{}\nnode: {}\nclient: {}\npath: {}\n", options.workload,
                     options.pod_namespace, options.pod, options.node,
                     client ? client->host : exchange.remote_address(), exchange.request().path());
}

}  // namespace

base::Result<void> serve(const ServeOptions& options) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  auto server = TRY(base::http::Server::start(
      {.listen = fmt::format("[::]:{}", options.port)}, [&](base::http::ExchangePtr exchange) {
        base::http::Response response{.body = page(options, *exchange)};
        response.headers.set("Content-Type", "text/plain; charset=utf-8");
        exchange->reply(std::move(response));
      }));
  TRY(base::write_all(STDOUT_FILENO, "ready\n"));
  int which = 0;
  ::sigwait(&ends, &which);
  server->stop(std::chrono::milliseconds(0));
  return {};
}

}  // namespace nanika::lab
