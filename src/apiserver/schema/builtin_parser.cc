#include "apiserver/schema/builtin_parser.h"

#include <charconv>
#include <unordered_map>
#include <unordered_set>

#include <boost/json/parse.hpp>

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;

/// Takes the text up to `separator` off the front of `rest`.
std::string_view cut(std::string_view& rest, char separator) {
  size_t end = rest.find(separator);
  std::string_view head = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return head;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// What a field's flags say of its type, not of the field.
struct TypeFlags {
  bool atomic = false;
  ListType list_type = ListType::kAtomic;
  std::vector<std::string> keys;
  json::array enum_values;
};

class Parser {
 public:
  Result<BuiltinTable> run(std::string_view facts, std::string_view descriptions);

 private:
  struct Leaf {
    Type type;
    std::string_view name, format;
    bool preserve_unknown = false;
  };
  static const std::unordered_map<std::string_view, Leaf>& leaves();

  Result<void> line(std::string_view text);
  Result<void> field_line(std::string_view text);
  Result<void> number(std::string_view word, Field& field);
  Result<void> flag(std::string_view word, Field& field, TypeFlags& flags);
  Result<const Schema*> type(std::string_view text, TypeFlags flags);
  const Schema* leaf(std::string_view text, const Leaf& kind);
  Schema* named(std::string_view short_name);
  void finish(Schema* schema);
  Result<void> describe(std::string_view descriptions);
  Result<void> describe_one(std::string_view key, std::string_view text);
  void describe_rest();

  BuiltinTable table_;
  std::unordered_map<std::string_view, std::string_view> packages_;
  std::unordered_map<std::string_view, Schema*> named_;
  std::unordered_map<std::string_view, const Schema*> leaves_;
  std::vector<Schema*> types_;  // that have a line of their own, in order
  std::unordered_set<const Schema*> finished_;
  Schema* current_ = nullptr;
  struct Wildcard {
    std::string_view suffix, field, text;
  };
  std::vector<Wildcard> wildcards_;
};

const std::unordered_map<std::string_view, Parser::Leaf>& Parser::leaves() {
  static const std::unordered_map<std::string_view, Leaf> all = {
      {"string", {Type::kString, "", ""}},
      {"bool", {Type::kBoolean, "", ""}},
      {"int32", {Type::kInteger, "", "int32"}},
      {"int64", {Type::kInteger, "", "int64"}},
      {"float64", {Type::kNumber, "", "double"}},
      {"bytes", {Type::kString, "", "byte"}},
      {"any", {Type::kAny, "", ""}},
      {"Quantity", {Type::kString, "io.k8s.apimachinery.pkg.api.resource.Quantity", ""}},
      {"IntOrString",
       {Type::kIntOrString, "io.k8s.apimachinery.pkg.util.intstr.IntOrString", "int-or-string"}},
      {"Time", {Type::kString, "io.k8s.apimachinery.pkg.apis.meta.v1.Time", "date-time"}},
      {"MicroTime", {Type::kString, "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "date-time"}},
      {"Duration", {Type::kString, "io.k8s.apimachinery.pkg.apis.meta.v1.Duration", ""}},
      {"FieldsV1", {Type::kObject, "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "", true}},
      {"RawExtension", {Type::kObject, "io.k8s.apimachinery.pkg.runtime.RawExtension", "", true}},
      {"JSON",
       {Type::kAny, "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", "", true}},
      {"JSONSchemaPropsOrArray",
       {Type::kAny,
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray", ""}},
      {"JSONSchemaPropsOrBool",
       {Type::kAny,
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool", ""}},
      {"JSONSchemaPropsOrStringArray",
       {Type::kAny,
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
        ""}},
  };
  return all;
}

Result<BuiltinTable> Parser::run(std::string_view facts, std::string_view descriptions) {
  int number = 0;
  while (!facts.empty()) {
    std::string_view text = cut(facts, '\n');
    ++number;
    if (text.empty() || text.starts_with('#')) continue;
    TRY(base::in_context(line(text), fmt::format("builtin.schema:{}", number)));
  }
  for (const auto& [name, schema] : named_) {
    if (std::ranges::find(types_, schema) == types_.end())
      return fail(Code::kInvalid, "builtin.schema: type {} is used and not described", name);
  }
  TRY(describe(descriptions));
  for (Schema* schema : types_) finish(schema);
  return std::move(table_);
}

Result<void> Parser::line(std::string_view text) {
  if (take(text, " ")) return field_line(text);
  std::string_view what = cut(text, ' ');
  std::string_view first = cut(text, ' ');
  if (what == "package") {
    packages_[first] = text;
  } else if (what == "kind") {
    std::string_view kind = cut(text, ' ');
    Schema* schema = named(text);
    if (schema == nullptr) return fail(Code::kInvalid, "the package of {} is not declared", text);
    table_.kinds[{std::string(first), std::string(kind)}] = schema;
  } else if (what == "type") {
    current_ = named(first);
    if (current_ == nullptr) return fail(Code::kInvalid, "unknown package of {}", first);
    if (text == "atomic") current_->map_type = MapType::kAtomic;
    types_.push_back(current_);
  } else {
    return fail(Code::kInvalid, "unknown word {}", what);
  }
  return {};
}

Result<void> Parser::field_line(std::string_view text) {
  if (current_ == nullptr) return fail(Code::kInvalid, "a field before the first type");
  Field field;
  field.name = cut(text, ' ');
  std::string_view type_text = cut(text, ' ');
  TypeFlags flags;
  if (!text.empty() && text.front() >= '0' && text.front() <= '9')
    TRY(number(cut(text, ' '), field));
  while (!text.empty()) {
    if (take(text, "default=")) {  // JSON, up to the end of the line
      boost::system::error_code error;
      field.default_value = json::parse(text, error);
      if (error) return fail(Code::kInvalid, "{}: its default is no JSON", field.name);
      break;
    }
    TRY(flag(cut(text, ' '), field, flags));
  }
  field.schema = TRY(type(type_text, std::move(flags)));
  (field.name == "inline" ? current_->inlined : current_->fields).push_back(std::move(field));
  return {};
}

Result<void> Parser::number(std::string_view word, Field& field) {
  if (word.ends_with('?')) {
    field.omit_zero = true;
    word.remove_suffix(1);
  }
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), field.proto_number);
  if (error != std::errc() || end != word.data() + word.size())
    return fail(Code::kInvalid, "{} is no field number", word);
  return {};
}

Result<void> Parser::flag(std::string_view word, Field& field, TypeFlags& flags) {
  if (word == "required") {
    field.required = true;
  } else if (word == "atomic") {
    flags.atomic = true;
  } else if (word == "retainKeys") {
    field.patch_retain_keys = true;
  } else if (take(word, "merge")) {
    field.patch_merge = true;
    if (take(word, "=")) field.patch_merge_key = word;
  } else if (take(word, "list=map:")) {
    flags.list_type = ListType::kMap;
    while (!word.empty()) flags.keys.emplace_back(cut(word, ','));
  } else if (take(word, "list=")) {
    flags.list_type = word == "set" ? ListType::kSet : ListType::kAtomic;
  } else if (take(word, "enum=")) {
    for (bool more = true; more;) {
      more = word.find(',') != std::string_view::npos;
      flags.enum_values.emplace_back(json::string(cut(word, ',')));
    }
  } else {
    return fail(Code::kInvalid, "{}: unknown flag {}", field.name, word);
  }
  return {};
}

Result<const Schema*> Parser::type(std::string_view text, TypeFlags flags) {
  if (take(text, "[]") || take(text, "<>")) {
    bool message = text.data()[-2] == '<';
    TypeFlags of_items{.enum_values = std::move(flags.enum_values)};
    Schema list{.type = Type::kArray, .items = TRY(type(text, std::move(of_items)))};
    list.list_type = flags.list_type;
    list.list_map_keys = std::move(flags.keys);
    if (message) list.codec = "List";
    return table_.schemas.add(std::move(list));
  }
  if (take(text, "{}")) {
    Schema map{.type = Type::kObject, .additional = TRY(type(text, {}))};
    if (flags.atomic) map.map_type = MapType::kAtomic;
    return table_.schemas.add(std::move(map));
  }
  if (auto at = leaves().find(text); at != leaves().end()) {
    if (flags.enum_values.empty()) return leaf(at->first, at->second);
    Schema choice{.type = at->second.type};
    auto validation = std::make_unique<Validation>();
    validation->enum_values = std::move(flags.enum_values);
    choice.validation = std::move(validation);
    return table_.schemas.add(std::move(choice));
  }
  if (Schema* schema = named(text)) return schema;
  return fail(Code::kInvalid, "unknown type {}", text);
}

const Schema* Parser::leaf(std::string_view text, const Leaf& kind) {
  const Schema*& schema = leaves_[text];
  if (schema != nullptr) return schema;
  Schema made{.type = kind.type};
  made.name = kind.name;
  made.format = kind.format;
  made.preserve_unknown = kind.preserve_unknown;
  if (!kind.name.empty()) made.codec = text;
  if (text == "bytes") made.codec = "bytes";
  if (text.starts_with("JSONSchemaProps"))
    made.codec_of = named("apiextensions.v1.JSONSchemaProps");
  return schema = table_.schemas.add(std::move(made));
}

/// The type of a short name, made at its first mention; null when its package is not declared.
Schema* Parser::named(std::string_view short_name) {
  if (auto at = named_.find(short_name); at != named_.end()) return at->second;
  size_t dot = short_name.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  auto package = packages_.find(short_name.substr(0, dot));
  if (package == packages_.end()) return nullptr;
  Schema made{.type = Type::kObject};
  made.name = fmt::format("{}{}", package->second, short_name.substr(dot));
  return named_[short_name] = table_.schemas.add(std::move(made));
}

/// Gives a type the fields of the messages that are inlined in it, and sorts.
void Parser::finish(Schema* schema) {
  if (!finished_.insert(schema).second) return;
  for (const Field& inlined : schema->inlined) {
    Schema* inner = const_cast<Schema*>(inlined.schema);  // ours: it is still being built
    finish(inner);
    for (Field field : inner->fields) {
      field.proto_number = 0;
      schema->fields.push_back(std::move(field));
    }
  }
  std::ranges::sort(schema->fields, {}, &Field::name);
}

/// Lines of descriptions.txt. The fields of types are not sorted yet.
Result<void> Parser::describe(std::string_view descriptions) {
  int number = 0;
  while (!descriptions.empty()) {
    std::string_view text = cut(descriptions, '\n');
    ++number;
    if (text.empty() || text.starts_with('#')) continue;
    std::string_view key = cut(text, '\t');
    TRY(base::in_context(describe_one(key, text), fmt::format("descriptions.txt:{}", number)));
  }
  describe_rest();
  return {};
}

Result<void> Parser::describe_one(std::string_view key, std::string_view text) {
  if (auto whole = named_.find(key); whole != named_.end()) {
    whole->second->description = text;
    return {};
  }
  size_t dot = key.rfind('.');  // no field has one in its name
  if (dot == std::string_view::npos) return fail(Code::kInvalid, "there is no type {}", key);
  std::string_view type = key.substr(0, dot), name = key.substr(dot + 1);
  if (type.starts_with('*')) {
    wildcards_.push_back({type.substr(1), name, text});
    return {};
  }
  auto owner = named_.find(type);
  if (owner == named_.end()) return fail(Code::kInvalid, "there is no type {}", type);
  auto field = std::ranges::find(owner->second->fields, name, &Field::name);
  if (field == owner->second->fields.end())
    return fail(Code::kInvalid, "there is no field {}", key);
  field->description = text;
  return {};
}

/// Wildcards: of the types whose name ends so, or of all kinds.
void Parser::describe_rest() {
  std::unordered_set<const Schema*> kinds;
  for (const auto& [key, schema] : table_.kinds) kinds.insert(schema);
  for (Schema* type : types_) {
    for (Field& field : type->fields) {
      if (!field.description.empty()) continue;
      auto fits = [&](const Wildcard& w) {
        bool of_type = w.suffix.empty() ? kinds.contains(type) : type->name.ends_with(w.suffix);
        return of_type && w.field == field.name;
      };
      auto found = std::ranges::find_if(wildcards_, fits);
      if (found != wildcards_.end()) field.description = found->text;
    }
  }
}

}  // namespace

Result<BuiltinTable> parse_builtin_table(std::string_view facts, std::string_view descriptions) {
  return Parser().run(facts, descriptions);
}

}  // namespace nanika::apiserver::schema
