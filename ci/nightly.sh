#!/bin/sh
# A night in any CI: the plan against the workload of the current kube context, or on this machine with LAS_LOCAL=true.
# Keep LAS_HISTORY_DIR (history) between nights, and publish results/*-nightly-*/ (history/index.html, junit.xml).
# LAS_BASELINE=image=NAME or a URL runs the last release in turns with this one. Exit codes: npm run nightly -- --help.
set -eu
cd "$(dirname "$0")/.."
npm ci
if [ "${LAS_LOCAL:-}" != true ] && [ -z "${BASE_URL:-}" ]; then export LAS_CLUSTER=true; fi
exec npm run nightly -- "$@"
