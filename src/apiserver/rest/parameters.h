// Query parameters and bodies that say how a request is meant: ListOptions, Create-, Update- and
// PatchOptions, DeleteOptions; checked with upstream's texts (apimachinery meta/v1/validation).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apiserver/registry/decode.h"
#include "apiserver/registry/operations.h"
#include "apiserver/registry/selector.h"
#include "base/http.h"

namespace nanika::apiserver {

enum class VersionMatch : uint8_t { kUnset, kExact, kNotOlderThan };

struct ListParameters {
  LabelSelector labels;
  FieldSelector fields;
  size_t limit = 0;
  std::string continue_token;
  std::string resource_version;  ///< as given; "" and "0" mean different things
  uint64_t version = 0;          ///< the same as a number
  VersionMatch match = VersionMatch::kUnset;
  bool bookmarks = false;
  std::optional<bool> send_initial_events;
  std::optional<int64_t> timeout_seconds;

  bool selects() const { return !labels.empty() || !fields.empty(); }
  bool matches(const store::Object& object) const {
    return labels.matches(object.meta().labels) && fields.matches(object);
  }
};

/// `watch`: the rules for watches hold. Field labels are checked against the endpoint's, and
/// translated into those of the stored form.
ApiResult<ListParameters> list_parameters(const Endpoint& endpoint, const base::http::Query& query,
                                          bool watch);

struct WriteParameters {
  WriteOptions how;
  FieldValidation validation = FieldValidation::kWarn;
  bool force = false;
};
/// `options_kind` is CreateOptions, UpdateOptions or PatchOptions: errors name it.
ApiResult<WriteParameters> write_parameters(const base::http::Query& query,
                                            std::string_view user_agent,
                                            std::string_view options_kind);

/// `body` is the decoded DeleteOptions, or null when there was none: then the query holds them.
ApiResult<DeleteOptions> delete_parameters(const json::value& body, const base::http::Query& query);

/// A continue token: where a list goes on.
struct ContinueToken {
  int64_t revision = 0;  ///< -1: whatever is newest
  std::string after;     ///< path of the last object of the page before
};
std::string encode_continue(const ContinueToken& token);
ApiResult<ContinueToken> decode_continue(std::string_view text);

}  // namespace nanika::apiserver
