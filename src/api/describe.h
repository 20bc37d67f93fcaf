// How a kind says what its fields are, once: decoding, encoding and the CRD all read the same
// description.
//
//   struct AddressRange {
//     std::string cidr;
//     std::string start, end;
//   };
//   constexpr auto describe(const AddressRange*) {
//     using T = AddressRange;
//     return object("Addresses of one family: a prefix, or the first and the last one.",
//                   field("cidr", &T::cidr, "A prefix such as 203.0.113.0/28.", {.max_length =
//                   43}), field("start", &T::start, "The first address.", {.max_length = 39}),
//                   ...);
//   }
//
// Members may be std::string, bool, int32_t, int64_t, double, json::value, the types of types.h,
// described structs, enums with enum_names(), and std::optional, std::vector, std::map<std::string,
// T> of those. An empty value is not encoded unless its rules say keep. describe() is found by
// argument-dependent lookup.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>

namespace nanika::api {

/// Constraints that the CRD's schema states and the API server enforces. -1 and "": none.
struct Rules {
  bool required = false;
  bool keep = false;  ///< encoded even when it is empty: counters, lists that are `[]` on purpose
  bool defaulted = false;   ///< the schema's default is the member's initial value in C++
  int64_t max_length = -1;  ///< strings: needed on each; for lists of strings it bounds an item
  int64_t min_length = -1;
  int64_t max_items = -1;  ///< lists and maps: needed on each
  int64_t min_items = -1;
  int64_t min = INT64_MIN;  ///< integers
  int64_t max = INT64_MAX;
  std::string_view pattern;   ///< RE2, for strings and items of string lists
  std::string_view map_keys;  ///< list-type map: its keys, joined by commas
  bool set = false;           ///< list-type set
  bool immutable = false;  ///< said in the description; enforced by the controller as a condition
};

template <class C, class M>
struct FieldOf {
  std::string_view name;
  M C::* member;
  std::string_view description;
  Rules rules;
};

template <class C, class M>
constexpr FieldOf<C, M> field(std::string_view name, M C::* member, std::string_view description,
                              Rules rules = {}) {
  return {name, member, description, rules};
}

template <class... Fields>
struct Description {
  std::string_view text;
  std::tuple<Fields...> fields;
};

template <class... Fields>
constexpr Description<Fields...> object(std::string_view text, Fields... fields) {
  return {text, {fields...}};
}

template <class T>
concept Described = requires { describe(static_cast<const T*>(nullptr)); };

/// Enums give the names of their values in order: constexpr auto enum_names(const Strategy*).
template <class T>
concept NamedEnum = requires { enum_names(static_cast<const T*>(nullptr)); };

/// The name of a value as it stands in YAML.
template <NamedEnum E>
constexpr std::string_view name_of(E value) {
  return enum_names(static_cast<const E*>(nullptr))[static_cast<size_t>(value)];
}

struct Column {
  std::string_view name;
  std::string_view type;  ///< string, integer, boolean, date
  std::string_view json_path;
  std::string_view description;
  int priority = 0;  ///< above 0: shown with -o wide alone
};

/// What a kind is called, and where. Each top-level struct has one as `static constexpr KindInfo
/// kKind`.
struct KindInfo {
  std::string_view group;  ///< "" for the core group
  std::string_view version;
  std::string_view kind;
  std::string_view plural;
  bool namespaced = true;
  std::string_view short_name = {};
  std::span<const Column> columns = {};  ///< of our own kinds

  constexpr bool operator==(const KindInfo& o) const {
    return group == o.group && version == o.version && kind == o.kind;
  }
};

}  // namespace nanika::api
