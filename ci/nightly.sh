#!/bin/sh
# A night in any CI: the plan against the workload of the current kube context, or of this machine with LOCAL=true.
# Keep HISTORY_DIR (history) between the nights, and publish results/*-nightly-*/ (history/index.html, junit.xml).
# BASELINE=image=NAME or a URL runs the last release in turns with this one. Exit codes: npm run nightly -- --help.
set -eu
cd "$(dirname "$0")/.."
npm ci
if [ "${LOCAL:-}" != true ] && [ -z "${BASE_URL:-}" ]; then export CLUSTER=true; fi
exec npm run nightly -- "$@"
