// Violated rules in upstream's words (k8s.io/apimachinery field.Error).
//
//   Path spec("spec");
//   for (size_t i = 0; ...) {
//     Path port = spec.child("ports").at(i);  // WRONG: points at a temporary
//     Path ports = spec.child("ports"), port = ports.at(i);
//     if (number < 1) invalid(causes, port.child("port"), number, "must be between 1 and 65535,
//     inclusive");
//   }
//
// A Path points at its parent and costs nothing until a rule is broken.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/schema/schema.h"
#include "base/json.h"

namespace nanika::apiserver::kinds {

namespace json = boost::json;
using schema::Cause;
using schema::Causes;

class Path {
 public:
  explicit Path(std::string_view name) : name_(name) {}
  Path child(std::string_view name) const { return Path(this, name, kName); }
  Path at(size_t index) const { return Path(this, {}, static_cast<int64_t>(index)); }  ///< [3]
  Path key(std::string_view key) const { return Path(this, key, kKey); }               ///< [key]
  std::string text() const;

 private:
  static constexpr int64_t kName = -1, kKey = -2;
  Path(const Path* parent, std::string_view name, int64_t index)
      : parent_(parent), name_(name), index_(index) {}
  const Path* parent_ = nullptr;
  std::string_view name_;
  int64_t index_ = kName;
};

/// `Invalid value: "x": detail`; objects and arrays print as JSON.
void invalid(Causes& causes, const Path& path, const json::value& value, std::string_view detail);
void invalid(Causes& causes, const Path& path, std::string_view value, std::string_view detail);
void invalid(Causes& causes, const Path& path, std::string_view value,
             const std::vector<std::string>& details);  ///< one cause a detail
void required(Causes& causes, const Path& path, std::string_view detail = {});
void forbidden(Causes& causes, const Path& path, std::string_view detail);
void not_found(Causes& causes, const Path& path, std::string_view value);
void duplicate(Causes& causes, const Path& path, const json::value& value);
void duplicate(Causes& causes, const Path& path, std::string_view value);
void not_supported(Causes& causes, const Path& path, const json::value& value,
                   std::initializer_list<std::string_view> supported);
void not_supported(Causes& causes, const Path& path, std::string_view value,
                   std::initializer_list<std::string_view> supported);
void too_long(Causes& causes, const Path& path, int max_bytes);
void too_many(Causes& causes, const Path& path, size_t actual, size_t max);

/// Go's %q of a string.
std::string quote(std::string_view text);

}  // namespace nanika::apiserver::kinds
