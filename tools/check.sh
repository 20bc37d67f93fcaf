#!/usr/bin/env bash
# All that a machine can say of style; each check prints what is wrong and where.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
run() { echo "check: $1"; shift; "$@" || failed=1; }
sources() { git ls-files "$@" 'src/*.h' 'src/*.cc'; }

format() { sources | xargs clang-format-19 --dry-run -Werror 2>&1 | grep -E 'warning|error' | head -20; [ "${PIPESTATUS[1]}" -eq 0 ]; }
tidy() {
  local files; files=$(git ls-files 'src/*.cc' | grep -v -E '_test\.cc$|boost_|asio_|beast_|pch\.cc')
  ninja -C build/release nanika >/dev/null || return 1
  echo "$files" | xargs -P "$(nproc)" -n 8 clang-tidy-19 -p build/release --quiet 2>/dev/null | grep -E 'warning:|error:' | sort -u | head -40
  [ "${PIPESTATUS[1]}" -eq 0 ]
}
crds() {
  ninja -C build/release nanika >/dev/null || return 1
  diff <(cat deploy/crds/*.yaml) <(build/release/nanika crds) || { echo "deploy/crds is stale: build/release/nanika crds --out deploy/crds"; return 1; }
}

run format format
run layers python3 tools/check_layers.py
run sizes python3 tools/check_sizes.py
run links python3 tools/check_links.py
[ -x tools/check_generated.sh ] && run "generated tables" tools/check_generated.sh
run "generated CRDs" crds
[ "${NANIKA_SKIP_TIDY:-}" ] || run clang-tidy tidy
exit $failed
