// Stored objects as clients ask for them: in a view, as object, Table or PartialObjectMetadata, in
// JSON or YAML.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "apiserver/registry/catalog.h"
#include "apiserver/rest/media_type.h"
#include "apiserver/store/object.h"
#include "base/clock.h"

namespace nanika::apiserver {

/// How much of the object each row of a Table carries (?includeObject=).
enum class IncludeObject : uint8_t { kNone, kMetadata, kObject };

struct Rendering {
  Answer answer;
  IncludeObject include = IncludeObject::kMetadata;
  base::WallTime now{};  ///< for columns of ages

  /// All that the bytes depend on beside the object and the view, below 256.
  uint64_t id() const;
};

/// metadata of a List or Table.
struct ListHead {
  uint64_t revision = 0;
  std::string continue_token;
  size_t remaining = 0;  ///< 0: not told
};

/// JSON of one object from its stored JSON.
void append_object(std::string& out, const Endpoint& endpoint, std::string_view stored,
                   const Rendering& rendering);
/// JSON of a list of them.
std::string render_list(const Endpoint& endpoint, std::span<const store::ObjectPtr> objects,
                        const ListHead& head, const Rendering& rendering);
/// An event of a watch with its newline.
std::string render_event(const Endpoint& endpoint, std::string_view type, std::string_view stored,
                         const Rendering& rendering);

/// The same JSON as YAML.
std::string as_yaml(std::string_view json_text);
std::string pretty(std::string_view json_text);

}  // namespace nanika::apiserver
