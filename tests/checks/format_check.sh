#!/usr/bin/env bash
# Our C++ is written as .clang-format says. Prints file:line of each difference and exits 1.
# With --fix it writes the files instead.
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=(--dry-run -Werror)
[ "${1:-}" = --fix ] && mode=(-i)
PYTHONPATH=tests/checks python3 -B -c \
  'import source_files; print("\0".join(source_files.code_files()), end="")' |
  xargs -0 -r -n 40 -P 2 clang-format-14 --style=file "${mode[@]}"
