#!/usr/bin/env bash
# Generated tables are what their generators write. Without Go or a module proxy there is nothing to compare with.
set -uo pipefail
cd "$(dirname "$0")/builtin-schema"
if ! command -v go >/dev/null; then
  echo "tools/builtin-schema: not checked: there is no go here"
elif ! GOFLAGS=-mod=readonly go mod download >/dev/null 2>&1; then
  echo "tools/builtin-schema: not checked: its Go modules cannot be had here"
else
  go run . -check
fi
