#include "kube/fake_api.h"

#include "kube/fake_http.h"

namespace nanika::kube {

namespace http = base::http;

FakeApi::FakeApi(const base::Clock& clock) : store_(std::make_shared<FakeStore>(clock)) {}
FakeApi::~FakeApi() = default;

Result<http::Response> FakeApi::send(http::Request request, const Context& ctx) {
  if (ctx.stopped()) return fail(Code::kCancelled, "stopped");
  if (ctx.clock->mono() > ctx.deadline) return fail(Code::kDeadlineExceeded, "no time left");
  std::scoped_lock lock(store_->mutex);
  store_->requests.push_back(request.method + " " + request.target);
  return fake_answer(*store_, request);
}

Result<std::unique_ptr<http::BodyStream>> FakeApi::open(http::Request request, const Context& ctx) {
  if (ctx.stopped()) return fail(Code::kCancelled, "stopped");
  std::scoped_lock lock(store_->mutex);
  store_->requests.push_back(request.method + " " + request.target);
  return fake_open(store_, request, ctx.clock);
}

json::value FakeApi::put(json::value object) {
  std::scoped_lock lock(store_->mutex);
  FakePath path = fake_path_of(object);
  if (FakeRecord* record = store_->find(path))
    return store_->replace(path, *record, std::move(object), true).value();
  return store_->create(path, std::move(object)).value();
}

json::value FakeApi::get(std::string_view plural, const Key& key) const {
  std::scoped_lock lock(store_->mutex);
  for (const auto& [resource, records] : store_->resources) {
    if (resource != plural && !resource.starts_with(std::string(plural) + ".")) continue;
    auto at = records.find(key);
    if (at != records.end()) return at->second.object;
  }
  return nullptr;
}

std::vector<json::value> FakeApi::list(std::string_view plural) const {
  std::scoped_lock lock(store_->mutex);
  std::vector<json::value> objects;
  for (const auto& [resource, records] : store_->resources) {
    if (resource != plural && !resource.starts_with(std::string(plural) + ".")) continue;
    for (const auto& [key, record] : records) objects.push_back(record.object);
  }
  return objects;
}

bool FakeApi::remove(std::string_view plural, const Key& key) {
  std::scoped_lock lock(store_->mutex);
  for (const auto& [resource, records] : store_->resources) {
    if (resource != plural && !resource.starts_with(std::string(plural) + ".")) continue;
    if (!records.contains(key)) continue;
    size_t dot = resource.find('.');
    FakePath path{.group = dot == resource.npos ? "" : resource.substr(dot + 1),
                  .plural = resource.substr(0, dot),
                  .key = key};
    return store_->erase(path, nullptr).has_value();
  }
  return false;
}

void FakeApi::collect_garbage() {
  for (bool found = true; found;) {
    found = false;
    std::vector<std::pair<std::string, Key>> orphans;
    {
      std::scoped_lock lock(store_->mutex);
      orphans = fake_orphans(*store_);
    }
    for (const auto& [resource, key] : orphans) {
      std::string before = resource_version();
      remove(resource, key);
      found |= before != resource_version();
    }
  }
}

void FakeApi::merge_list(std::string_view field, std::vector<std::string> keys) {
  std::scoped_lock lock(store_->mutex);
  store_->list_keys[std::string(field)] = std::move(keys);
}

void FakeApi::compact() {
  std::scoped_lock lock(store_->mutex);
  store_->first_index += store_->history.size();
  store_->history.clear();
  store_->compacted = store_->version;
}

void FakeApi::end_watches(bool broken) {
  std::scoped_lock lock(store_->mutex);
  ++store_->epoch;
  store_->broken = broken;
  store_->changed.notify_all();
}

void FakeApi::bookmark() {
  std::scoped_lock lock(store_->mutex);
  json::object object{{"metadata", {{"resourceVersion", std::to_string(store_->version)}}}};
  store_->publish("", "BOOKMARK", object, nullptr);
}

void FakeApi::watch_list_status(int status) {
  std::scoped_lock lock(store_->mutex);
  store_->watch_list_status = status;
}

int FakeApi::watches() const {
  std::scoped_lock lock(store_->mutex);
  return store_->open_watches;
}

std::string FakeApi::resource_version() const {
  std::scoped_lock lock(store_->mutex);
  return std::to_string(store_->version);
}

std::vector<std::string> FakeApi::requests() const {
  std::scoped_lock lock(store_->mutex);
  return store_->requests;
}

}  // namespace nanika::kube
