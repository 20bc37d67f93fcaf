#!/usr/bin/env bash
# Every benchmark beside its peer. NANIKA_BENCH_ROUNDS says how many rounds (3).
set -euo pipefail
cd "$(dirname "$0")/.."
test/vanilla/build.sh etcd kube-apiserver kubectl >/dev/null
ninja -C build/release --quiet nanika create_load store_bench
echo "== the embedded API beside kube-apiserver and etcd"
python3 bench/apiserver/run.py
echo "== the store alone: durable commits"
build/release/bench/store/store_bench 2>/dev/null || find build/release -name store_bench -type f -exec {} \;
