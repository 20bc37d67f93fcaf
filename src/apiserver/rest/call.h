// One request on its way through the API: what it asks, who asks, and how it is answered.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/auth/user.h"
#include "apiserver/registry/catalog.h"
#include "apiserver/registry/operations.h"
#include "apiserver/rest/media_type.h"
#include "apiserver/rest/request_info.h"
#include "base/clock.h"
#include "base/http_server.h"

namespace nanika::apiserver {

class RequestMetrics;

/// Answered once, by whoever comes first; later answers are dropped. Threading: any thread.
class Call {
 public:
  Call(base::http::ExchangePtr exchange, const base::Clock& clock, RequestMetrics& metrics);
  ~Call();

  const base::http::Request& request() const { return exchange_->request(); }
  base::http::Exchange& exchange() { return *exchange_; }

  base::http::Query query;
  RequestInfo info;
  User user;
  CatalogPtr catalog;
  Answer answer;
  std::vector<std::string> warnings;  ///< one Warning header each

  /// JSON that goes out as JSON, or as YAML or indented when the client wants so.
  void reply_json(int status, std::string json_text);
  void reply(int status, std::string body, std::string_view content_type,
             base::http::Headers headers = {});
  void fail(const ApiError& error);
  /// 504, for whoever waited too long: may be called beside another thread's answer.
  void time_out();
  /// Starts the stream of a watch.
  void start_stream(std::string_view content_type);
  /// True once for whoever may answer.
  bool claim() { return !answered_.exchange(true); }
  base::MonoTime started() const { return started_; }
  std::shared_ptr<void> in_flight;  ///< held while the call's deadline is watched

 private:
  base::http::Headers common_headers(std::string_view content_type);
  void count(int status, size_t bytes);

  const base::http::ExchangePtr exchange_;
  const base::Clock& clock_;
  RequestMetrics& metrics_;
  const base::MonoTime started_;
  std::atomic<bool> answered_{false};
};
using CallPtr = std::shared_ptr<Call>;

}  // namespace nanika::apiserver
