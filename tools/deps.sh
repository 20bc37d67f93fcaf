#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing need, those that are missing alone.
set -euo pipefail
packages=(
  # building
  clang-19 clang-tidy-19 clang-format-19 lld-19 libclang-rt-19-dev cmake ninja-build ccache git
  libboost1.81-dev libssl-dev libsqlite3-dev libyaml-dev libfmt-dev libcli11-dev libre2-dev zlib1g-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  # testing and the quickstart
  bird2 frr gobgpd nftables iproute2 iputils-ping curl jq python3 prometheus
)
command -v kubectl >/dev/null || packages+=(kubernetes-client)
missing=()
for package in "${packages[@]}"; do
  case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) in ii*) ;; *) missing+=("$package") ;; esac
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "These packages are missing. As root:  apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "Installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# Routers and Prometheus are started by labs and tests, in namespaces of their own: never by the package.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
