#include "apiserver/crd/views.h"

namespace nanika::apiserver::crd {

const CrdView* CrdViews::storage() const {
  for (const CrdView& version : versions) {
    if (version.storage) return &version;
  }
  return nullptr;
}

const CrdView* CrdViews::find(std::string_view version) const {
  for (const CrdView& each : versions) {
    if (each.version == version) return &each;
  }
  return nullptr;
}

}  // namespace nanika::apiserver::crd
