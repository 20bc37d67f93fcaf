// The road to a Kubernetes API as a small interface: what travels on it is HTTP. The real one adds
// credentials; tests put a FakeApi (fake_api.h) at its end and faults (transport_fake.h) on it.
#pragma once

#include <memory>
#include <string>

#include "base/http_client.h"
#include "kube/config.h"
#include "kube/context.h"

namespace nanika::kube {

/// Threading: all members from any thread.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Sends and reads the whole answer; any HTTP status is a success here. Errors as
  /// base::http::Client::send.
  virtual Result<base::http::Response> send(base::http::Request request, const Context& ctx) = 0;
  /// Sends and reads the head of the answer; the body is read from the stream.
  virtual Result<std::unique_ptr<base::http::BodyStream>> open(base::http::Request request,
                                                               const Context& ctx) = 0;
};

/// Over HTTP or HTTPS as `config` says. A token file is read again every minute, and after a 401 at
/// once; when it cannot be read the last token serves on. kInvalid: credentials that do not parse.
Result<std::shared_ptr<Transport>> connect(const Config& config, const base::Clock& clock,
                                           std::string user_agent = "nanika");

}  // namespace nanika::kube
