#include "apiserver/store/object.h"

#include <algorithm>

namespace nanika::apiserver::store {

namespace json = boost::json;

Pairs::Pairs(std::initializer_list<std::pair<std::string, std::string>> pairs)
    : Pairs(std::vector<std::pair<std::string, std::string>>(pairs)) {}

Pairs::Pairs(std::vector<std::pair<std::string, std::string>> pairs) : pairs_(std::move(pairs)) {
  auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
  auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  std::sort(pairs_.begin(), pairs_.end(), by_name);
  pairs_.erase(std::unique(pairs_.begin(), pairs_.end(), same_name), pairs_.end());
}

const std::string* Pairs::find(std::string_view name) const {
  auto it = std::lower_bound(pairs_.begin(), pairs_.end(), name,
                             [](const auto& pair, std::string_view n) { return pair.first < n; });
  return it != pairs_.end() && it->first == name ? &it->second : nullptr;
}

namespace {

bool non_empty_array(const json::value* value) {
  return value != nullptr && value->is_array() && !value->get_array().empty();
}

Meta meta_of(const json::object& metadata, Pairs fields) {
  Meta meta;
  meta.fields = std::move(fields);
  for (const auto& [key, value] : metadata) {
    std::string_view name = key;
    if (name == "uid" && value.is_string()) {
      meta.uid = value.get_string();
    } else if (name == "labels" && value.is_object()) {
      std::vector<std::pair<std::string, std::string>> labels;
      for (const auto& [label, text] : value.get_object())
        if (text.is_string()) labels.emplace_back(label, text.get_string());
      meta.labels = Pairs(std::move(labels));
    } else if (name == "ownerReferences" && value.is_array()) {
      for (const json::value& owner : value.get_array())
        meta.owners.emplace_back(base::find_string(owner, "uid"));
    } else if (name == "finalizers") {
      meta.finalizers = non_empty_array(&value);
    } else if (name == "deletionTimestamp") {
      meta.deleting = value.is_string();
    }
  }
  return meta;
}

/// Writes `metadata`; the text before the gap ends up in draft.before, what follows in draft.after.
void append_metadata(Draft& draft, const json::object& metadata) {
  bool first = true;
  bool gap = false;
  auto open_gap = [&] {
    draft.before += first ? "\"resourceVersion\":\"" : ",\"resourceVersion\":\"";
    draft.after += '"';
    gap = true;
    first = false;
  };
  draft.before += '{';
  for (const auto& [key, value] : metadata) {
    if (key == "resourceVersion") {
      open_gap();
      continue;
    }
    std::string& out = gap ? draft.after : draft.before;
    if (!first) out += ',';
    first = false;
    base::append_json_string(out, key);
    out += ':';
    base::append_json(out, value);
  }
  if (!gap) open_gap();
  draft.after += '}';
}

void put_text(std::string& out, std::string_view text) {
  uint32_t size = static_cast<uint32_t>(text.size());
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((size >> shift) & 0xff);
  out += text;
}

void put_pairs(std::string& out, const Pairs& pairs) {
  put_text(out, fmt::format("{}", pairs.size()));
  for (const auto& [name, value] : pairs) {
    put_text(out, name);
    put_text(out, value);
  }
}

/// Reads what put_text wrote; once it ran short every answer is "" and ok() false.
class MetaReader {
 public:
  explicit MetaReader(std::string_view blob) : blob_(blob) {}
  bool ok() const { return ok_; }
  bool at_end() const { return blob_.empty(); }
  std::string_view text() {
    if (blob_.size() < 4) return broken();
    uint32_t size = 0;
    for (int i = 3; i >= 0; --i) size = (size << 8) | static_cast<uint8_t>(blob_[i]);
    if (blob_.size() - 4 < size) return broken();
    std::string_view out = blob_.substr(4, size);
    blob_.remove_prefix(4 + size);
    return out;
  }
  size_t count() {
    size_t n = 0;
    for (char c : text()) n = n * 10 + static_cast<size_t>(c - '0');
    if (n > blob_.size()) broken();  // each entry takes four bytes at least
    return ok_ ? n : 0;
  }
  Pairs pairs() {
    std::vector<std::pair<std::string, std::string>> out(count());
    for (auto& [name, value] : out) {
      name = text();
      value = text();
    }
    return Pairs(std::move(out));
  }

 private:
  std::string_view broken() {
    ok_ = false;
    blob_ = {};
    return {};
  }
  std::string_view blob_;
  bool ok_ = true;
};

}  // namespace

Draft make_draft(const json::value& object, Pairs fields) {
  Draft draft;
  const json::object& root = object.as_object();
  const json::object& metadata = root.at("metadata").as_object();
  draft.meta = meta_of(metadata, std::move(fields));
  draft.before += '{';
  bool first = true;
  bool gap = false;
  for (const auto& [key, value] : root) {
    std::string& out = gap ? draft.after : draft.before;
    if (!first) out += ',';
    first = false;
    base::append_json_string(out, key);
    out += ':';
    if (key == "metadata") {
      append_metadata(draft, metadata);
      gap = true;
    } else {
      base::append_json(out, value);
    }
  }
  draft.after += '}';
  return draft;
}

Object::Object(ResourceId resource, std::string_view ns, std::string_view name, uint64_t revision,
               Meta meta, std::string bytes)
    : path_(path_of(ns, name)),
      bytes_(std::move(bytes)),
      meta_(std::move(meta)),
      revision_(revision),
      resource_(resource),
      namespace_size_(static_cast<uint32_t>(ns.size())) {}

size_t Object::footprint() const {
  return sizeof(*this) + path_.size() + bytes_.size() + meta_.uid.size() +
         (meta_.labels.size() + meta_.fields.size()) * 96 + meta_.owners.size() * 72;
}

std::string path_of(std::string_view ns, std::string_view name) {
  std::string path;
  path.reserve(ns.size() + 1 + name.size());
  path += ns;
  if (!ns.empty()) path += '/';
  path += name;
  return path;
}

std::string encode_meta(const Meta& meta) {
  std::string out;
  put_text(out, meta.uid);
  put_pairs(out, meta.labels);
  put_pairs(out, meta.fields);
  put_text(out, fmt::format("{}", meta.owners.size()));
  for (const std::string& owner : meta.owners) put_text(out, owner);
  put_text(out, meta.finalizers ? "f" : "");
  put_text(out, meta.deleting ? "d" : "");
  return out;
}

base::Result<Meta> decode_meta(std::string_view blob) {
  MetaReader in(blob);
  Meta meta;
  meta.uid = in.text();
  meta.labels = in.pairs();
  meta.fields = in.pairs();
  meta.owners.resize(in.count());
  for (std::string& owner : meta.owners) owner = in.text();
  meta.finalizers = !in.text().empty();
  meta.deleting = !in.text().empty();
  if (!in.ok() || !in.at_end())
    return base::fail(base::Code::kInternal, "column meta is damaged ({} bytes)", blob.size());
  return meta;
}

}  // namespace nanika::apiserver::store
