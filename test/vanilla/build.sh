#!/usr/bin/env bash
# Builds the upstream programs that tests and benchmarks run beside nanika, once, into a cache outside the repository:
#   test/vanilla/build.sh [etcd|kube-apiserver|kube-controller-manager|kubectl|e2e.test ...]
# Prints the folder. NANIKA_PEERS names another one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=$(awk '$1=="require" && $2=="k8s.io/kubernetes" {print $3}' "$here/kubernetes/go.mod")
peers=${NANIKA_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/nanika/peers-$version}
mkdir -p "$peers"
minor=${version#v1.}; minor=${minor%%.*}
base=k8s.io/component-base/version
flags="-s -w -X $base.gitVersion=$version -X $base.gitMajor=1 -X $base.gitMinor=$minor"
[ $# -gt 0 ] || set -- etcd kube-apiserver kube-controller-manager kubectl
for program in "$@"; do
  [ -x "$peers/$program" ] && continue
  echo "building $program $version (minutes the first time)" >&2
  case $program in
    etcd) (cd "$here/etcd" && go build -o "$peers/.etcd" go.etcd.io/etcd/server/v3) ;;
    e2e.test) (cd "$here/kubernetes" && go test -c -ldflags "$flags" -o "$peers/.e2e.test" k8s.io/kubernetes/test/e2e) ;;
    *) (cd "$here/kubernetes" && go build -ldflags "$flags" -o "$peers/.$program" "k8s.io/kubernetes/cmd/$program") ;;
  esac
  mv "$peers/.$program" "$peers/$program"
done
echo "$peers"
