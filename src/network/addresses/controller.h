// The feature as a whole: what wakes which of its controllers.
#pragma once

#include <memory>

#include "kube/manager.h"

namespace nanika::network {

struct AddressOptions {
  bool default_class = false;  ///< Services without a loadBalancerClass are served
};

/// Lives as long as the manager it was added to.
class Addresses {
 public:
  Addresses(kube::Manager& manager, const AddressOptions& options);
  ~Addresses();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nanika::network
