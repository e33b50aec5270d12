#!/usr/bin/env bash
# clang-tidy over our sources, two at a time: tests/checks/tidy.sh [BUILD_DIR [FILE…]].
# BUILD_DIR (default build/tidy) is a configured build of preset tidy; the generated headers must be
# there (build the target rapport_protos). Without files: all of ours that the build compiles.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${1:-build/tidy}
[ $# -gt 0 ] && shift
if [ ! -f "$build/compile_commands.json" ]; then
  echo "no $build/compile_commands.json: run cmake --preset tidy" >&2
  exit 2
fi
if [ $# -gt 0 ]; then
  printf '%s\0' "$@"
else
  PYTHONPATH=tests/checks python3 -B - "$build/compile_commands.json" <<'PY'
import json, os, sys
import source_files
ours = set(source_files.code_files())
with open(sys.argv[1], encoding="utf-8") as file:
    compiled = {os.path.relpath(entry["file"], source_files.ROOT) for entry in json.load(file)}
print("\0".join(sorted(ours & compiled)), end="")
PY
fi | xargs -0 -r -n 1 -P 2 bash -c '
  # Tests need not be fast, and name matchers that only macros use.
  more=()
  case "$2" in *_test.cc | */test_*) more=(--checks=-performance-*,-misc-unused-using-decls) ;; esac
  clang-tidy-14 --quiet -p "$1" "${more[@]}" "$2"' tidy "$build"
