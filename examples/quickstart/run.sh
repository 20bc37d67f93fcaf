#!/usr/bin/env bash
# The quickstart: everything of nanika on this machine, with a router and a tenant's site in network namespaces.
# Ctrl-C ends it and removes the lab; the data folder stays. Extra arguments go to `nanika up`.
set -euo pipefail
cd "$(dirname "$0")/../.."
nanika=$PWD/build/release/nanika
here=examples/quickstart
data=${NANIKA_DATA:-/var/lib/nanika-quickstart}
listen=${NANIKA_LISTEN:-127.0.0.1:6443}
export KUBECONFIG=${NANIKA_KUBECONFIG:-$data/admin.kubeconfig}
[ "$(id -u)" -eq 0 ] || { echo "the lab needs root for its network namespaces: sudo make run" >&2; exit 1; }
mkdir -p -m 0700 "$data"
rm -f "$KUBECONFIG"

"$nanika" up --data-dir "$data" --listen "$listen" --kubeconfig-out "$KUBECONFIG" --lab $here/lab.yaml "$@" &
up=$!
trap 'kill -TERM $up 2>/dev/null; wait $up; exit 0' INT TERM
# Waits until a command succeeds, at most so many seconds.
within() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    kill -0 $up 2>/dev/null || { wait $up; exit $?; }
    [ $SECONDS -lt $end ] || { echo "gave up waiting for: $*" >&2; kill -TERM $up; wait $up; exit 1; }
    sleep 0.05
  done
}
within 30 test -s "$KUBECONFIG"
kubectl apply -f $here/networks.yaml -f $here/bgp.yaml -f $here/services.yaml >/dev/null
say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
show() { say "$@"; "$@"; }

within 20 kubectl wait --for=condition=Advertised trafficip/svc-www trafficip/svc-www-dual trafficip/svc-api --timeout=1s
page() { "$nanika" lab exec client-1 curl -sS --max-time 2 http://203.0.113.1/; }
within 10 page

show kubectl get services
show kubectl get networks,addresspools
show kubectl get trafficips
show kubectl get bgppeers
say "kubectl describe service wrong   # wrong on purpose: the Events say why"
kubectl describe service wrong | sed -n '/^Events/,$p'
say "nanika lab exec edge-1 vtysh -c 'show bgp ipv4 unicast'   # the router's own view"
"$nanika" lab exec edge-1 vtysh -c 'show bgp ipv4 unicast' | sed -n '/Network/,$p'
say "nanika lab exec client-1 curl http://203.0.113.1/   # a client behind the router"
page
cat <<EOT

Everything is up. Next, in another terminal:
  export KUBECONFIG=$KUBECONFIG
  kubectl annotate service wrong network.nanika.dev/addresses-   # mend it, and watch it being served
  $nanika lab exec edge-1 vtysh -c 'show bgp summary'
  kubectl delete pod www-1 www-2                                 # the route is withdrawn with the last endpoint
Ctrl-C here ends it all and keeps $data.
EOT
wait $up
