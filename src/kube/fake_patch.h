// JSON merge patch (RFC 7386) and JSON patch (RFC 6902), as FakeApi serves them.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace nanika::kube {

void merge_patch(boost::json::value& target, const boost::json::value& patch);
/// The error of the first operation that fails; `target` may be half changed then: use a copy.
std::optional<std::string> json_patch(boost::json::value& target, const boost::json::value& patch);

}  // namespace nanika::kube
