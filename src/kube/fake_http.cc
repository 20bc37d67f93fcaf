#include "kube/fake_http.h"

#include "kube/fake_patch.h"

namespace nanika::kube {

namespace http = base::http;

namespace {

http::Response reply(int status, const json::value& body) {
  http::Response response{.status = status, .body = base::to_json(body)};
  response.headers.add("Content-Type", "application/json");
  return response;
}

http::Response reply(const FakeError& error) {
  return reply(error.code, fake_status(error));
}

http::Response reply_result(int status, const FakeResult<json::value>& result) {
  return result ? reply(status, *result) : reply(result.error());
}

std::optional<FakePath> parse_path(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    text.remove_prefix(1);
    size_t slash = std::min(text.find('/'), text.size());
    parts.push_back(http::percent_decode(text.substr(0, slash)).value_or(""));
    text.remove_prefix(slash);
  }
  FakePath path;
  size_t at = 2;
  if (parts.size() >= 3 && parts[0] == "api") {
    path.version = parts[1];
  } else if (parts.size() >= 4 && parts[0] == "apis") {
    path.group = parts[1];
    path.version = parts[2];
    at = 3;
  } else {
    return std::nullopt;
  }
  size_t left = parts.size() - at;
  bool of_namespace = left == 3 && (parts[at + 2] == "status" || parts[at + 2] == "finalize");
  if (parts[at] == "namespaces" && left >= 3 && !of_namespace) {
    path.key.namespace_ = parts[at + 1];
    at += 2;
    left -= 2;
  }
  if (left > 3) return std::nullopt;
  path.plural = parts[at];
  if (left >= 2) path.key.name = parts[at + 1];
  if (left == 3) path.subresource = parts[at + 2];
  return path;
}

FakeResult<json::value> body_of(const http::Request& request) {
  if (request.body.empty()) return json::object();
  auto body = base::parse_json(request.body);
  if (!body) return std::unexpected(FakeError{400, "BadRequest", body.error().message});
  return *body;
}

http::Response list(FakeStore& store, const FakePath& path, const http::Query& query) {
  auto selector = *FakeSelector::parse(query.get("labelSelector"), query.get("fieldSelector"));
  size_t limit = static_cast<size_t>(std::atoll(std::string(query.get("limit")).c_str()));
  // A continue token is VERSION:NAMESPACE/NAME, the last one that was sent.
  std::string token(query.get("continue"));
  Key last;
  if (!token.empty()) {
    if (std::atoll(token.c_str()) < store.compacted)
      return reply({410, "Expired",
                    "The provided continue parameter is too old to display a consistent list "
                    "result. You can start a new list without the continue parameter."});
    token = token.substr(token.find(':') + 1);
    last = {token.substr(0, token.find('/')), token.substr(token.find('/') + 1)};
  }
  json::array items;
  json::object metadata{{"resourceVersion", std::to_string(store.version)}};
  std::string kind = "List";
  Key previous;
  for (const auto& [key, record] : store.resources[path.resource()]) {
    if (!path.key.namespace_.empty() && key.namespace_ != path.key.namespace_) continue;
    if (!selector.matches(record.object) || (!token.empty() && key <= last)) continue;
    if (limit > 0 && items.size() == limit) {
      metadata["continue"] =
          fmt::format("{}:{}/{}", store.version, previous.namespace_, previous.name);
      break;
    }
    kind = fmt::format("{}List", base::find_string(record.object, "kind"));
    items.push_back(record.object);
    previous = key;
  }
  std::string api = path.group.empty() ? path.version : path.group + "/" + path.version;
  return reply(
      200,
      json::object{{"kind", kind}, {"apiVersion", api}, {"metadata", metadata}, {"items", items}});
}

http::Response post(FakeStore& store, const FakePath& path, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return reply(body.error());
  if (!body->is_object() || base::find(*body, "metadata") == nullptr)
    return reply({400, "BadRequest", "an object with metadata is wanted"});
  std::string_view ns = base::find_string(*body, "metadata", "namespace");
  if (!ns.empty() && ns != path.key.namespace_)
    return reply({400, "BadRequest",
                  "the namespace of the provided object does not match the namespace sent on the "
                  "request"});
  if (base::find_string(*body, "metadata", "name").empty() &&
      base::find_string(*body, "metadata", "generateName").empty())
    return reply(
        {422, "Invalid", "metadata.name: Required value: name or generateName is required"});
  if (path.resource() != "nodes") body->get_object().erase("status");
  return reply_result(201, store.create(path, std::move(*body)));
}

// What a write of `next` leaves of the object, by subresource.
json::value write_of(const FakePath& path, const json::value& before, json::value next) {
  if (path.subresource != "status") return next;
  json::value merged = before;
  if (const json::value* status = base::find(next, "status")) {
    merged.get_object()["status"] = *status;
  } else {
    merged.get_object().erase("status");
  }
  return merged;
}

http::Response put(FakeStore& store, const FakePath& path, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return reply(body.error());
  FakeRecord* record = store.find(path);
  if (record == nullptr) return reply(store.not_found(path));
  if (auto error = check_preconditions(path, *body, record->object)) return reply(*error);
  if (base::find(*body, "metadata") == nullptr)
    return reply({422, "Invalid", "metadata: Required value"});
  return reply_result(200,
                      store.replace(path, *record, write_of(path, record->object, std::move(*body)),
                                    path.subresource == "status"));
}

http::Response patch(FakeStore& store, const FakePath& path, const http::Request& request,
                     const http::Query& query) {
  auto body = body_of(request);
  if (!body) return reply(body.error());
  std::string_view type = request.headers.get("Content-Type");
  if (type.starts_with("application/apply-patch+")) {
    std::string manager(query.get("fieldManager"));
    if (manager.empty())
      return reply({422, "Invalid",
                    "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is "
                    "required for apply patch"});
    bool created = false;
    auto result = store.apply(path, *body, manager, query.get("force") == "true", created);
    return reply_result(created ? 201 : 200, result);
  }
  FakeRecord* record = store.find(path);
  if (record == nullptr) return reply(store.not_found(path));
  json::value next = record->object;
  if (type.starts_with("application/merge-patch+json")) {
    if (auto error = check_preconditions(path, *body, record->object)) return reply(*error);
    merge_patch(next, *body);
  } else if (type.starts_with("application/json-patch+json")) {
    if (auto error = json_patch(next, *body)) return reply({422, "Invalid", *error});
    if (auto error = check_preconditions(path, next, record->object)) return reply(*error);
  } else {
    return reply(
        {415, "UnsupportedMediaType", fmt::format("the fake API has no patch of type {}", type)});
  }
  return reply_result(200,
                      store.replace(path, *record, write_of(path, record->object, std::move(next)),
                                    path.subresource == "status"));
}

// A body that is already there.
class TextStream final : public http::BodyStream {
 public:
  explicit TextStream(http::Response response) : response_(std::move(response)) {}
  int status() const override { return response_.status; }
  const http::Headers& headers() const override { return response_.headers; }
  Result<std::string> read_line(MonoTime, std::stop_token, size_t) override {
    if (response_.body.empty()) return fail(Code::kNotFound, "the body ended");
    return std::exchange(response_.body, {});
  }
  Result<std::string> read_all(MonoTime, std::stop_token) override {
    return std::exchange(response_.body, {});
  }

 private:
  http::Response response_;
};

std::string event_line(std::string_view type, const json::value& object) {
  return base::to_json(json::object{{"type", type}, {"object", object}});
}

}  // namespace

http::Response fake_answer(FakeStore& store, const http::Request& request) {
  auto path = parse_path(request.path());
  auto query = http::Query::parse(request.raw_query());
  if (!path || !query)
    return reply({404, "NotFound", "the server could not find the requested resource"});
  bool collection = path->key.name.empty();
  if (request.method == "GET" && collection) return list(store, *path, *query);
  if (request.method == "POST" && collection) return post(store, *path, request);
  if (collection)
    return reply({405, "MethodNotAllowed", "the fake API has no such method on collections"});
  if (request.method == "PUT") return put(store, *path, request);
  if (request.method == "PATCH") return patch(store, *path, request, *query);
  if (request.method == "GET") {
    FakeRecord* record = store.find(*path);
    return record == nullptr ? reply(store.not_found(*path)) : reply(200, record->object);
  }
  auto options = body_of(request);
  if (!options) return reply(options.error());
  return reply_result(200, store.erase(*path, *options));
}

Result<std::unique_ptr<http::BodyStream>> fake_open(const std::shared_ptr<FakeStore>& store,
                                                    const http::Request& request,
                                                    const base::Clock* clock) {
  auto path = parse_path(request.path());
  auto query = http::Query::parse(request.raw_query());
  if (!path || !query || query->get("watch") != "true")
    return std::make_unique<TextStream>(fake_answer(*store, request));
  auto selector = *FakeSelector::parse(query->get("labelSelector"), query->get("fieldSelector"));
  bool bookmarks = query->get("allowWatchBookmarks") == "true";
  std::string_view from = query->get("resourceVersion");
  bool watch_list = query->get("sendInitialEvents") == "true" && store->watch_list_status != 0;
  if (watch_list && store->watch_list_status != 200) {
    FakeError error{store->watch_list_status, "Invalid",
                    "sendInitialEvents is forbidden for watch"};
    return std::make_unique<TextStream>(reply(error));
  }
  std::deque<std::string> initial;
  size_t index = store->first_index + store->history.size();
  if (watch_list || from.empty() || from == "0") {
    for (const auto& [key, record] : store->resources[path->resource()]) {
      if (!path->key.namespace_.empty() && key.namespace_ != path->key.namespace_) continue;
      if (selector.matches(record.object)) initial.push_back(event_line("ADDED", record.object));
    }
    json::object end{{"resourceVersion", std::to_string(store->version)},
                     {"annotations", {{"k8s.io/initial-events-end", "true"}}}};
    if (watch_list) initial.push_back(event_line("BOOKMARK", json::object{{"metadata", end}}));
  } else {
    int64_t version = std::atoll(std::string(from).c_str());
    if (version < store->compacted) {
      FakeError error{410, "Expired",
                      fmt::format("too old resource version: {} ({})", version, store->compacted)};
      initial.push_back(event_line("ERROR", fake_status(error)));
    } else {
      while (index > store->first_index &&
             store->history[index - 1 - store->first_index].version > version)
        --index;
    }
  }
  return fake_watch(store, *path, std::move(selector), std::move(initial), index, bookmarks, clock);
}

FakePath fake_path_of(const json::value& object) {
  std::string api(base::find_string(object, "apiVersion"));
  std::string kind(base::find_string(object, "kind"));
  CHECK(!api.empty() && !kind.empty() && base::find(object, "metadata") != nullptr);
  FakePath path;
  size_t slash = api.find('/');
  path.group = slash == api.npos ? "" : api.substr(0, slash);
  path.version = slash == api.npos ? api : api.substr(slash + 1);
  for (char c : kind) path.plural += static_cast<char>(std::tolower(c));
  bool vowel = path.plural.size() > 1 && std::string_view("aeiou").contains(path.plural.end()[-2]);
  if (path.plural.ends_with("y") && !vowel) {
    path.plural.replace(path.plural.size() - 1, 1, "ies");
  } else if (path.plural.ends_with("ss")) {
    path.plural += "es";
  } else if (!path.plural.ends_with("s")) {
    path.plural += "s";
  }
  path.key = {std::string(base::find_string(object, "metadata", "namespace")),
              std::string(base::find_string(object, "metadata", "name"))};
  return path;
}

std::vector<std::pair<std::string, Key>> fake_orphans(const FakeStore& store) {
  std::set<std::string> uids;
  for (const auto& [resource, records] : store.resources)
    for (const auto& [key, record] : records)
      uids.emplace(base::find_string(record.object, "metadata", "uid"));
  std::vector<std::pair<std::string, Key>> orphans;
  for (const auto& [resource, records] : store.resources) {
    for (const auto& [key, record] : records) {
      const json::value* owners = base::find(record.object, "metadata", "ownerReferences");
      if (owners == nullptr || !owners->is_array() || owners->get_array().empty()) continue;
      bool left = std::ranges::any_of(owners->get_array(), [&](const json::value& owner) {
        return uids.contains(std::string(base::find_string(owner, "uid")));
      });
      if (!left) orphans.emplace_back(resource, key);
    }
  }
  return orphans;
}

}  // namespace nanika::kube
