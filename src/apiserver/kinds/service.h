// The parts of the Service kind: service.cc has its defaults, strategy and row; the rest is here
// for its other files, and for who gives a Service its addresses and node ports.
#pragma once

#include "apiserver/kinds/field_error.h"
#include "apiserver/kinds/kind.h"

namespace nanika::apiserver::kinds {

bool is_headless(const json::value& service);  ///< clusterIPs is ["None"]
bool is_externally_accessible(
    const json::value& service);                      ///< by node port, balancer or external IP
bool needs_health_check(const json::value& service);  ///< needs spec.healthCheckNodePort

/// Fills clusterIPs from clusterIP where the client gave the latter alone, and on update keeps what
/// was allocated and the client left out: addresses, node ports (by port name), the health check's.
/// Whoever allocates calls it first; prepare_* do too. `old` is null on create.
void carry_allocations(json::value& service, const json::value* old);
bool needs_node_port(const json::value& service);  ///< a NodePort or LoadBalancer that wants them

/// The whole Service but its metadata; addresses and ports must have been given to it before.
void validate_service(const json::value& service, Causes& causes);
void validate_service_update(const json::value& service, const json::value& old, Causes& causes);
void validate_service_status(const json::value& service, const json::value& old, Causes& causes);

json::array service_row(const json::value& service, base::WallTime now);

}  // namespace nanika::apiserver::kinds
