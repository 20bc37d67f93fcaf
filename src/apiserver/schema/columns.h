// Table columns from JSONPaths: what `kubectl get` shows of a custom resource.
//
//   Columns columns = Columns::compile(version.additionalPrinterColumns);
//   json::array definitions = columns.definitions();       // NAME first, as upstream
//   json::array cells = columns.cells(object, clock.wall());
//
// Upstream: apiextensions-apiserver/pkg/registry/customresource/tableconvertor.
#pragma once

#include <string>
#include <vector>

#include "apiserver/schema/jsonpath.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

namespace json = boost::json;

struct Column {
  std::string name;
  std::string type;  ///< string, integer, number, boolean, date
  std::string format;
  std::string description;
  int32_t priority = 0;  ///< above 0: shown by `-o wide` only
  JsonPath path;
};

/// Immutable; any thread may use it.
class Columns {
 public:
  /// From a CRD version's `additionalPrinterColumns`; null, absent or empty gives upstream's
  /// default, the age. A column whose JSONPath does not parse ends the list, as upstream has it.
  static Columns compile(const json::value* additional_printer_columns);

  /// metav1.TableColumnDefinitions, Name first.
  json::array definitions() const;
  /// One row's cells in the same order. A path that finds nothing, or a value that does not fit the
  /// column's type, is null; dates are ages as of `now` ("5m", "<unknown>").
  json::array cells(const json::value& object, base::WallTime now) const;

 private:
  std::vector<Column> columns_;
};

}  // namespace nanika::apiserver::schema
