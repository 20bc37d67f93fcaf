// The scalars of the codec, and where in a document decoding stands. For value_codec.h.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/describe.h"
#include "api/types.h"
#include "base/json.h"

namespace nanika::api {

namespace json = boost::json;

/// The way down to the value being decoded, and what is wrong there.
class Path {
 public:
  class Step {
   public:
    Step(Path& path, std::variant<std::string_view, size_t> where) : path_(path) {
      path_.steps_.push_back(where);
    }
    ~Step() {
      if (path_.message_.empty()) path_.steps_.pop_back();
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Path& path_;
  };
  Step at(std::string_view key) { return Step(*this, key); }
  Step at(size_t index) { return Step(*this, index); }
  /// Notes "spec.x: want a string, got a number"; always false.
  bool want(std::string_view what, const json::value& got);
  bool wrong(std::string_view message);
  const std::string& message() const { return message_; }

 private:
  std::vector<std::variant<std::string_view, size_t>> steps_;
  std::string message_;
};

bool decode_scalar(const json::value& in, std::string& out, Path& path);
bool decode_scalar(const json::value& in, bool& out, Path& path);
bool decode_scalar(const json::value& in, int32_t& out, Path& path);
bool decode_scalar(const json::value& in, int64_t& out, Path& path);
bool decode_scalar(const json::value& in, double& out, Path& path);
bool decode_scalar(const json::value& in, json::value& out, Path& path);
bool decode_scalar(const json::value& in, Time& out, Path& path);
bool decode_scalar(const json::value& in, MicroTime& out, Path& path);
bool decode_scalar(const json::value& in, Duration& out, Path& path);
bool decode_scalar(const json::value& in, IntOrString& out, Path& path);
/// The index of the name, or -1 with the path's message set.
int decode_enum(const json::value& in, std::span<const std::string_view> names, Path& path);

inline bool scalar_is_empty(const std::string& v) {
  return v.empty();
}
inline bool scalar_is_empty(bool v) {
  return !v;
}
inline bool scalar_is_empty(int32_t v) {
  return v == 0;
}
inline bool scalar_is_empty(int64_t v) {
  return v == 0;
}
inline bool scalar_is_empty(double v) {
  return v == 0;
}
inline bool scalar_is_empty(const json::value& v) {
  return v.is_null();
}
inline bool scalar_is_empty(const Time& v) {
  return !v;
}
inline bool scalar_is_empty(const MicroTime& v) {
  return !v;
}
inline bool scalar_is_empty(const Duration&) {
  return false;
}  // "0s" is a value; use optional for none
inline bool scalar_is_empty(const IntOrString& v) {
  return v == IntOrString{};
}

inline json::value encode_scalar(const std::string& v) {
  return json::string(v);
}
inline json::value encode_scalar(bool v) {
  return v;
}
inline json::value encode_scalar(int32_t v) {
  return int64_t{v};
}
inline json::value encode_scalar(int64_t v) {
  return v;
}
inline json::value encode_scalar(double v) {
  return v;
}
inline json::value encode_scalar(const json::value& v) {
  return v;
}
json::value encode_scalar(const Time& v);
json::value encode_scalar(const MicroTime& v);
json::value encode_scalar(const Duration& v);
json::value encode_scalar(const IntOrString& v);

json::object scalar_schema(const std::string*, const Rules& rules);
json::object scalar_schema(const bool*, const Rules& rules);
json::object scalar_schema(const int32_t*, const Rules& rules);
json::object scalar_schema(const int64_t*, const Rules& rules);
json::object scalar_schema(const double*, const Rules& rules);
json::object scalar_schema(const json::value*, const Rules& rules);
json::object scalar_schema(const Time*, const Rules& rules);
json::object scalar_schema(const MicroTime*, const Rules& rules);
json::object scalar_schema(const Duration*, const Rules& rules);
json::object scalar_schema(const IntOrString*, const Rules& rules);
json::object list_schema(const Rules& rules, json::object items);
json::object map_schema(const Rules& rules, json::object values);
json::object object_schema(json::object properties, json::array required);
json::object enum_schema(std::span<const std::string_view> names);

}  // namespace nanika::api
