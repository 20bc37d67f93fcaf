// Strategic merge patch: what kubectl apply, edit and label send for built-in kinds. Lists of
// objects are merged by their patchMergeKey and lists of scalars as sets, as their field says;
// directives in the patch say more:
//
//   {"spec": {"$setElementOrder/containers": [{"name": "web"}],
//             "containers": [{"name": "web", "image": "nginx"}, {"$patch": "delete", "name":
//             "old"}],
//             "$deleteFromPrimitiveList/finalizers": ["a"], "$retainKeys": ["containers"]}}
//
// Upstream: k8s.io/apimachinery/pkg/util/strategicpatch. Custom resources have no such schema:
// their callers answer 415.
#pragma once

#include "apiserver/schema/schema.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::merge {

namespace json = boost::json;

/// The patched document, in the shape of `schema` (the view that the patch was written for).
/// kInvalid: a directive or the patch has the wrong form; kUnprocessable: lists of lists;
/// kInternal, as upstream: elements without merge key, lists of mixed types, unknown directives.
base::Result<json::value> apply_strategic_patch(const json::value& document, json::value patch,
                                                const schema::Schema& schema);

}  // namespace nanika::apiserver::merge
