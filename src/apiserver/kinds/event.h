// The rules of Events, in the stored shape (core/v1's): for event.cc.
#pragma once

#include "apiserver/kinds/field_error.h"

namespace nanika::apiserver::kinds {

/// What every Event must keep, whichever version it was written in.
void validate_event(const json::value& event, Causes& causes);
/// What events.k8s.io/v1 asks beyond that.
void validate_events_v1_create(const json::value& event, Causes& causes);
void validate_events_v1_update(const json::value& event, const json::value& old, Causes& causes);

}  // namespace nanika::apiserver::kinds
