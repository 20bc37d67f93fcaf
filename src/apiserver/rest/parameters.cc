#include "apiserver/rest/parameters.h"

#include <algorithm>
#include <charconv>

#include "apiserver/kinds/field_error.h"
#include "apiserver/merge/managed_fields.h"
#include "apiserver/rest/request_info.h"

namespace nanika::apiserver {

namespace {

using base::http::Query;
using kinds::Causes;
using kinds::Path;

bool to_number(std::string_view text, int64_t& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

ApiResult<std::optional<int64_t>> number_parameter(const Query& query, std::string_view name) {
  std::string_view text = query.get(name);
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  if (!to_number(text, value))
    return api_fail(bad_request(
        fmt::format("strconv.ParseInt: parsing {}: invalid syntax", kinds::quote(text))));
  return value;
}

ApiError invalid_options(std::string_view kind, Causes causes) {
  return invalid({"meta.k8s.io", kind}, "", std::move(causes));
}

// The stored form's name of a label: events.k8s.io calls core's involvedObject regarding.
std::string stored_label(const Endpoint& endpoint, const std::string& label) {
  const auto& aliases = endpoint.view().field_aliases;
  if (aliases.empty()) return label;
  auto at = std::ranges::find(aliases, label, &std::pair<std::string, std::string>::first);
  return at == aliases.end() ? "" : at->second;
}

ApiResult<void> check_fields(const Endpoint& endpoint, FieldSelector& fields) {
  const auto& known = endpoint.kind().field_labels;
  for (FieldSelector::Term& term : fields.terms()) {
    std::string label = stored_label(endpoint, term.path);
    if (std::ranges::find(known, label) == known.end()) {
      // Kinds that select by metadata alone have upstream's general answer.
      bool plain = known.size() <= 2 && endpoint.resource->crd == nullptr;
      return api_fail(bad_request(
          plain ? fmt::format("{} is not a known field selector: only \"metadata.name\", "
                              "\"metadata.namespace\"",
                              kinds::quote(term.path))
                : "field label not supported: " + term.path));
    }
    term.path = label == "name" ? "metadata.name" : std::move(label);
  }
  return {};
}

ApiResult<void> check_version_match(ListParameters& out, std::string_view match, bool watch) {
  Causes causes;
  const Path path("resourceVersionMatch");
  if (match == "Exact") out.match = VersionMatch::kExact;
  if (match == "NotOlderThan") out.match = VersionMatch::kNotOlderThan;
  if (out.send_initial_events) {
    if (!watch)
      kinds::forbidden(causes, Path("sendInitialEvents"),
                       "sendInitialEvents is forbidden for list");
    else if (out.match != VersionMatch::kNotOlderThan)
      kinds::forbidden(causes, path,
                       "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  } else if (watch && !match.empty()) {
    kinds::forbidden(causes, path,
                     "resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                     "provided");
  } else if (!match.empty()) {
    if (out.resource_version.empty())
      kinds::forbidden(causes, path,
                       "resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (!out.continue_token.empty())
      kinds::forbidden(causes, path, "resourceVersionMatch is forbidden when continue is provided");
    if (out.match == VersionMatch::kUnset)
      kinds::not_supported(causes, path, json::value(match), {"Exact", "NotOlderThan", ""});
    if (out.match == VersionMatch::kExact && out.resource_version == "0")
      kinds::forbidden(causes, path,
                       "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
  }
  if (causes.empty()) return {};
  return api_fail(invalid_options("ListOptions", std::move(causes)));
}

void check_dry_run(const std::vector<std::string_view>& values, Causes& causes) {
  for (std::string_view value : values)
    if (value != "All") kinds::not_supported(causes, Path("dryRun"), json::value(value), {"All"});
}

}  // namespace

ApiResult<ListParameters> list_parameters(const Endpoint& endpoint, const Query& query,
                                          bool watch) {
  ListParameters out;
  out.labels = TRY(LabelSelector::parse(query.get("labelSelector")));
  out.fields = TRY(FieldSelector::parse(query.get("fieldSelector")));
  TRY(check_fields(endpoint, out.fields));
  int64_t limit = TRY(number_parameter(query, "limit")).value_or(0);
  out.limit = limit > 0 ? static_cast<size_t>(limit) : 0;
  out.continue_token = query.get("continue");
  out.resource_version = query.get("resourceVersion");
  if (!out.resource_version.empty()) {
    int64_t version = 0;
    if (!to_number(out.resource_version, version) || version < 0)
      return api_fail(bad_request(fmt::format(
          "resourceVersion: Invalid value: {}: strconv.ParseUint: parsing {}: invalid syntax",
          kinds::quote(out.resource_version), kinds::quote(out.resource_version))));
    out.version = static_cast<uint64_t>(version);
  }
  out.bookmarks = query_flag(query, "allowWatchBookmarks");
  if (query.has("sendInitialEvents"))
    out.send_initial_events = query_flag(query, "sendInitialEvents");
  out.timeout_seconds = TRY(number_parameter(query, "timeoutSeconds"));
  TRY(check_version_match(out, query.get("resourceVersionMatch"), watch));
  if (!out.continue_token.empty() && !out.resource_version.empty() && out.resource_version != "0")
    return api_fail(bad_request("specifying resource version is not allowed when using continue"));
  return out;
}

ApiResult<WriteParameters> write_parameters(const Query& query, std::string_view user_agent,
                                            std::string_view options_kind) {
  WriteParameters out;
  Causes causes;
  check_dry_run(query.all("dryRun"), causes);
  out.how.dry_run = query.has("dryRun");
  std::string_view manager = query.get("fieldManager");
  if (manager.size() > 128) kinds::too_long(causes, Path("fieldManager"), 128);
  for (unsigned char c : manager)
    if (c < 0x20 || c == 0x7f) {
      kinds::invalid(causes, Path("fieldManager"), manager,
                     "should only contain printable characters");
      break;
    }
  out.how.manager = merge::manager_name(manager, user_agent);
  std::string_view validation = query.get("fieldValidation");
  if (validation == "Ignore")
    out.validation = FieldValidation::kIgnore;
  else if (validation == "Strict")
    out.validation = FieldValidation::kStrict;
  else if (!validation.empty() && validation != "Warn")
    kinds::not_supported(causes, Path("fieldValidation"), json::value(validation),
                         {"Ignore", "Strict", "Warn"});
  out.force = query_flag(query, "force");
  if (causes.empty()) return out;
  return api_fail(invalid_options(options_kind, std::move(causes)));
}

ApiResult<DeleteOptions> delete_parameters(const json::value& body, const Query& query) {
  DeleteOptions out;
  Causes causes;
  if (body.is_object()) {
    if (const json::value* grace = base::find(body, "gracePeriodSeconds");
        grace != nullptr && grace->is_int64())
      out.grace_seconds = grace->get_int64();
    out.propagation = base::find_string(body, "propagationPolicy");
    if (const json::value* orphan = base::find(body, "orphanDependents");
        orphan != nullptr && orphan->is_bool())
      out.orphan_dependents = orphan->get_bool();
    out.uid = base::find_string(body, "preconditions", "uid");
    out.resource_version = base::find_string(body, "preconditions", "resourceVersion");
    std::vector<std::string_view> dry;
    if (const json::value* list = base::find(body, "dryRun"); list != nullptr && list->is_array())
      for (const json::value& each : list->get_array())
        if (each.is_string()) dry.emplace_back(each.get_string());
    check_dry_run(dry, causes);
    out.dry_run = !dry.empty();
  } else {
    out.grace_seconds = TRY(number_parameter(query, "gracePeriodSeconds"));
    out.propagation = query.get("propagationPolicy");
    if (query.has("orphanDependents"))
      out.orphan_dependents = query_flag(query, "orphanDependents");
    check_dry_run(query.all("dryRun"), causes);
    out.dry_run = query.has("dryRun");
  }
  if (out.orphan_dependents && !out.propagation.empty())
    kinds::invalid(causes, Path("propagationPolicy"), out.propagation,
                   "orphanDependents and deletionPropagation cannot be both set");
  if (!out.propagation.empty() && out.propagation != "Foreground" &&
      out.propagation != "Background" && out.propagation != "Orphan")
    kinds::not_supported(causes, Path("propagationPolicy"), json::value(out.propagation),
                         {"Foreground", "Background", "Orphan", "nil"});
  if (causes.empty()) return out;
  return api_fail(invalid_options("DeleteOptions", std::move(causes)));
}

}  // namespace nanika::apiserver
