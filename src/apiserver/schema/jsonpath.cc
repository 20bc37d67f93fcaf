#include "apiserver/schema/jsonpath.h"

#include "apiserver/schema/jsonpath_steps.h"

namespace nanika::apiserver::schema {
namespace {

using Values = std::vector<const json::value*>;

constexpr size_t kMaxValues = 4096;
constexpr int kMaxVisits = 100'000;  // of values, in one find()

enum class Order { kLess, kEqual, kGreater, kUnlike };

template <class T>
Order order_of(const T& a, const T& b) {
  return a < b ? Order::kLess : b < a ? Order::kGreater : Order::kEqual;
}

// As Go's templates compare: only like with like.
Order compare(const json::value& a, const json::value& b) {
  if (a.is_string() && b.is_string())
    return order_of(std::string_view(a.get_string()), std::string_view(b.get_string()));
  if (a.is_int64() && b.is_int64()) return order_of(a.get_int64(), b.get_int64());
  if (a.is_double() && b.is_double()) return order_of(a.get_double(), b.get_double());
  if (a.is_bool() && b.is_bool())
    return a.get_bool() == b.get_bool() ? Order::kEqual : Order::kUnlike;
  return Order::kUnlike;
}

// Walks the steps. Where upstream reports an error, false: then the path finds nothing.
class Walker {
 public:
  bool walk(const Values& input, const JsonPathSteps& steps, Values& out) {
    Values current = input;
    for (const JsonPath::Step& step : steps) {
      Values next;
      if (!std::visit([&](const auto& s) { return apply(current, s, next); }, step.what))
        return false;
      if (next.size() > kMaxValues || visits_ > kMaxVisits) return false;
      current = std::move(next);
    }
    out.insert(out.end(), current.begin(), current.end());
    return true;
  }

 private:
  bool apply(const Values& input, const FieldStep& step, Values& out) {
    for (const json::value* v : input) {
      ++visits_;
      const json::object* object = v->if_object();
      if (object == nullptr) continue;
      if (const json::value* found = object->if_contains(step.name)) out.push_back(found);
    }
    return true;
  }

  void children(const json::value& v, Values& out) {
    if (const json::object* object = v.if_object()) {
      for (const auto& member : *object) out.push_back(&member.value());
    } else if (const json::array* array = v.if_array()) {
      for (const json::value& item : *array) out.push_back(&item);
    }
    visits_ += 1;
  }
  bool apply(const Values& input, const WildcardStep&, Values& out) {
    for (const json::value* v : input) children(*v, out);
    return true;
  }
  bool apply(const Values& input, const RecursiveStep&, Values& out) {
    for (const json::value* v : input) {
      Values below;
      children(*v, below);
      if (below.empty()) continue;
      if (visits_ > kMaxVisits || out.size() > kMaxValues) return false;
      out.push_back(v);
      if (!apply(below, RecursiveStep{}, out)) return false;
    }
    return true;
  }

  bool apply(const Values& input, const SliceStep& step, Values& out) {
    for (const json::value* v : input) {
      if (v->is_null()) continue;
      const json::array* array = v->if_array();
      if (array == nullptr) return false;
      const int64_t size = static_cast<int64_t>(array->size());
      int64_t from = step.from.value_or(0);
      if (from < 0) from += size;
      int64_t to = step.single ? from + 1 : step.to.value_or(size);
      if (to < 0) to += size;
      if (from == to) return true;
      if (from < 0 || from >= size || to < 0 || to > size || from > to) return false;
      const int64_t by = step.step.value_or(1);
      if (by <= 0) return false;
      for (int64_t i = from; i < to; i += by) {
        out.push_back(&(*array)[static_cast<size_t>(i)]);
        if (by > to) break;
      }
    }
    return true;
  }

  bool apply(const Values& input, const FilterStep& step, Values& out) {
    for (const json::value* v : input) {
      const json::array* array = v->if_array();
      if (array == nullptr) return false;
      for (const json::value& item : *array) {
        ++visits_;
        Values lefts;
        const bool found = walk({&item}, step.left, lefts);
        if (step.op.empty()) {
          if (!lefts.empty()) out.push_back(&item);
          continue;
        }
        Values rights;
        if (!found || lefts.size() > 1) return false;
        if (lefts.empty()) continue;
        if (!walk({&item}, step.right, rights) || rights.size() > 1) return false;
        if (rights.empty()) continue;
        const std::optional<bool> pass = holds(*lefts[0], step.op, *rights[0]);
        if (!pass) return false;
        if (*pass) out.push_back(&item);
      }
    }
    return true;
  }

  static std::optional<bool> holds(const json::value& left, std::string_view op,
                                   const json::value& right) {
    const Order order = compare(left, right);
    const bool booleans = left.is_bool() && right.is_bool();
    if (order == Order::kUnlike && !booleans) return std::nullopt;
    if (op == "==") return order == Order::kEqual;
    if (op == "!=") return order != Order::kEqual;
    if (booleans) return std::nullopt;
    if (op == "<") return order == Order::kLess;
    if (op == "<=") return order != Order::kGreater;
    if (op == ">") return order == Order::kGreater;
    if (op == ">=") return order != Order::kLess;
    return std::nullopt;
  }

  bool apply(const Values& input, const UnionStep& step, Values& out) {
    return std::ranges::all_of(
        step.branches, [&](const JsonPathSteps& branch) { return walk(input, branch, out); });
  }

  bool apply(const Values&, const LiteralStep& step, Values& out) {
    out.push_back(&step.value);
    return true;
  }

  int visits_ = 0;
};

}  // namespace

std::vector<const json::value*> JsonPath::find(const json::value& root) const {
  Values out;
  if (steps_ == nullptr || !Walker().walk({&root}, *steps_, out)) return {};
  return out;
}

std::optional<std::vector<std::string>> JsonPath::plain_fields() const {
  std::vector<std::string> out;
  if (steps_ == nullptr) return std::nullopt;
  for (const Step& step : *steps_) {
    const auto* field = std::get_if<FieldStep>(&step.what);
    if (field == nullptr || field->name.empty()) return std::nullopt;
    out.push_back(field->name);
  }
  return out;
}

}  // namespace nanika::apiserver::schema
