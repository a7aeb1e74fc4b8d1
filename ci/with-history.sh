#!/usr/bin/env bash
# Runs a command with the history of nights from a branch, and pushes what it added; where it cannot, the night is in the
# results only, and the exit code is 4.
# usage: ci/with-history.sh COMMAND…, in a checkout; LAS_HISTORY_BRANCH (nightly-history)
set -euo pipefail
# shellcheck disable=SC2016
exec "$(dirname "${BASH_SOURCE[0]}")/with-branch.sh" "${LAS_HISTORY_BRANCH:-nightly-history}" "The night of $(date -u +%F)" \
  sh -c 'mkdir -p "$LAS_KEPT/history" && LAS_HISTORY_DIR=$LAS_KEPT/history exec "$@"' - "$@"
