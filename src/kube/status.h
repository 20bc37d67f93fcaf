// What an API server says when it refuses: metav1.Status as an Error.
#pragma once

#include "base/http.h"
#include "base/json.h"
#include "kube/context.h"

namespace nanika::kube {

/// The error in an answer of 400 and above. Its code comes from the Status' reason, else from the
/// HTTP status; its message is the server's, with those causes that it does not repeat itself.
Error error_of(const base::http::Response& response);

/// The same of a Status object alone, as in a watch's ERROR event.
Error error_of(const base::json::value& status);

}  // namespace nanika::kube
