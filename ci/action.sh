#!/usr/bin/env bash
# What action.yml runs: a plan with its history, a comparison with the base of a pull request, or scripts.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
las=(node "$here/../runner/bin.js")
# Words as a shell would split them, without running anything.
words() { xargs -n1 printf '%s\n' <<<"$1"; }
mapfile -t flags < <(words "${ACTION_FLAGS:-}")
[ -n "${flags[0]:-}" ] || flags=()
code=0
if [ -n "${ACTION_PLAN:-}" ]; then
  "$here/with-history.sh" "${las[@]}" nightly --plan "$ACTION_PLAN" "${flags[@]}" || code=$?
elif [ -n "${LAS_START:-}" ] && [ "${GITHUB_EVENT_NAME:-}" = pull_request ]; then
  "$here/compare.sh" --scenario "${ACTION_RUN:-constant}" "${flags[@]}" || code=$?
else
  # Unquoted on purpose: a pattern stands for the scripts that it matches.
  # shellcheck disable=SC2086
  "${las[@]}" run ${ACTION_RUN:-constant} "${flags[@]}" || code=$?
fi
report=$(find "${LAS_RESULTS_DIR:-results}" -maxdepth 3 -name comment.md 2>/dev/null | sort | tail -1) || true
case $code in 0) verdict=pass ;; 1) verdict=fail ;; 3) verdict=invalid ;; *) verdict=error ;; esac
{
  echo "verdict=$verdict"
  echo "report=${report:+$(dirname "$report")}"
} >>"${GITHUB_OUTPUT:-/dev/stdout}"
exit "$code"
