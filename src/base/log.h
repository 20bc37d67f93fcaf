// Structured log: one line an event, text for people or JSON for machines, a closed set of keys.
//
//   log::info("addresses", "address allocated", {{Key::kObject, "shop/www"}, {Key::kAddress,
//   "203.0.113.7"}});
//
// text: 2026-11-23T10:00:00.123Z INFO  addresses: address allocated object=shop/www
// address=203.0.113.7 json: {"time":"...","level":"info","component":"addresses","message":"address
// allocated","object":"shop/www",...}
//
// Threading: every function may be called from any thread; a line is written by one write(2) to
// stderr.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace nanika::base::log {

enum class Level : uint8_t { kDebug, kInfo, kWarning, kError };
enum class Format : uint8_t { kText, kJson };

/// The closed set of keys, so that dashboards and grep find every event by the same words. Add one
/// with its row.
enum class Key : uint8_t {
  kObject,      ///< namespace/name, or name, of a Kubernetes object
  kKind,        ///< its kind
  kController,  ///< controller or feature
  kNode,
  kPeer,     ///< BGPPeer or router address
  kAddress,  ///< IP address, prefix or host:port
  kError,    ///< an Error's message
  kReason,   ///< CamelCase reason, as in conditions
  kUser,
  kMethod,
  kPath,
  kStatus,  ///< HTTP or exit status
  kDuration,
  kCount,
  kRevision,  ///< resourceVersion
  kFile,
  kPid,
  kVersion,
};

struct Field {
  Key key;
  std::string value;
  Field(Key k, std::string_view v) : key(k), value(v) {}
  Field(Key k, const Error& error) : key(k), value(error.message) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  Field(Key k, T v) : key(k), value(fmt::format("{}", v)) {}
};
using Fields = std::initializer_list<Field>;

/// Called once by main() before other threads start.
void configure(Format format, Level lowest);

void write(Level level, std::string_view component, std::string_view message, Fields fields);
inline void debug(std::string_view component, std::string_view message, Fields fields = {}) {
  write(Level::kDebug, component, message, fields);
}
inline void info(std::string_view component, std::string_view message, Fields fields = {}) {
  write(Level::kInfo, component, message, fields);
}
inline void warning(std::string_view component, std::string_view message, Fields fields = {}) {
  write(Level::kWarning, component, message, fields);
}
inline void error(std::string_view component, std::string_view message, Fields fields = {}) {
  write(Level::kError, component, message, fields);
}

}  // namespace nanika::base::log
