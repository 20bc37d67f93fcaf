#include "kube/health.h"

namespace nanika::kube {

namespace http = base::http;

void Health::add_ready_check(std::string name, std::function<Result<void>()> check) {
  std::scoped_lock lock(mutex_);
  checks_[std::move(name)] = std::move(check);
}

std::string Health::unready() const {
  std::scoped_lock lock(mutex_);
  std::string out;
  for (const auto& [name, check] : checks_) {
    auto result = check();
    if (!result) out += fmt::format("[-]{} failed: {}\n", name, result.error().message);
  }
  return out;
}

http::Response Health::answer(std::string_view path) const {
  http::Response response;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  if (path == "/healthz" || path == "/livez") {
    response.body = "ok";
  } else if (path == "/readyz") {
    std::string failing = unready();
    response.status = failing.empty() ? 200 : 503;
    response.body = failing.empty() ? "ok" : failing + "readyz check failed\n";
  } else if (path == "/metrics") {
    response.headers.set("Content-Type", std::string(base::kMetricsContentType));
    response.body = metrics_.expose();
  } else {
    response.status = 404;
    response.body = "404 page not found\n";
  }
  return response;
}

Result<std::unique_ptr<http::Server>> Health::serve(const std::string& listen) {
  return http::Server::start({.listen = listen}, [this](const http::ExchangePtr& exchange) {
    const http::Request& request = exchange->request();
    if (request.method != "GET" && request.method != "HEAD")
      return exchange->reply({.status = 405, .body = "only GET\n"});
    exchange->reply(answer(request.path()));
  });
}

}  // namespace nanika::kube
