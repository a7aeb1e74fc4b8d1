#!/usr/bin/env bash
# The base of a pull or merge request and this checkout, in turns; the answer becomes a comment on the request.
# usage: ci/compare.sh [flags of ab], in the checkout of the candidate
#   LAS_START     command that starts a checkout's service on $PORT, run in its folder (needed)
#   LAS_BUILD     command that builds a checkout, run in its folder
#   LAS_BASE      commit to compare with; default: the base of the request that the job of GitHub or GitLab is for
#   LAS_READY     path that answers 2xx or 3xx once the service is ready (/)
#   LAS_PORTS     of base and candidate ("8081 8082")
#   LAS_PICTURES  branch that keeps the pictures of comments; without it a comment has none
#   LAS_LINK      where the whole report will be; default: the job of GitHub or GitLab
# The comment needs GITHUB_TOKEN or GITLAB_TOKEN; without one it is printed. Exit codes: those of ab.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
las=(node "$here/../runner/bin.js")
fail() { echo "compare.sh: $1" >&2 && exit 2; }
[ -n "${LAS_START:-}" ] || fail "LAS_START is not set: the command that starts the service on \$PORT"

base=${LAS_BASE:-${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}}
if [ -z "$base" ] && [ -n "${GITHUB_EVENT_PATH:-}" ]; then
  base=$(node -p 'JSON.parse(require("fs").readFileSync(process.env.GITHUB_EVENT_PATH)).pull_request?.base.sha ?? ""')
fi
[ -n "$base" ] || fail "LAS_BASE is not set: the commit to compare with"
git cat-file -e "$base^{commit}" 2>/dev/null || git fetch --quiet --depth=1 origin "$base"

# With -m each service has a process group of its own, which ends as a whole.
set -m
scratch=$(mktemp -d)
services=()
clean() {
  for group in "${services[@]}"; do kill -- "-$group" 2>/dev/null || true; done
  # Its report of ended jobs is no news.
  wait 2>/dev/null || true
  git worktree remove --force "$scratch/base" 2>/dev/null || true
  rm -rf "$scratch"
}
trap clean EXIT
trap 'exit 130' INT TERM

git worktree add --quiet --detach "$scratch/base" "$base"
read -r porta portb <<<"${LAS_PORTS:-8081 8082}"
for side in "$scratch/base" "$PWD"; do
  [ -z "${LAS_BUILD:-}" ] || (cd "$side" && sh -c "$LAS_BUILD") >&2
done
start() { # FOLDER PORT
  (cd "$1" && PORT=$2 exec sh -c "$LAS_START") >"$scratch/$2.log" 2>&1 &
  local group=$!
  services+=("$group")
  for _ in $(seq 240); do
    curl --silent --fail --max-time 2 --output /dev/null "http://127.0.0.1:$2${LAS_READY:-/}" && return
    kill -0 "$group" 2>/dev/null || break
    sleep 0.5
  done
  tail -20 "$scratch/$2.log" >&2
  fail "the service of $1 does not answer on port $2; the end of its output is above"
}
start "$scratch/base" "$porta"
start "$PWD" "$portb"

out=${LAS_RESULTS_DIR:-results}
code=0
"${las[@]}" ab --a "http://127.0.0.1:$porta" --b "http://127.0.0.1:$portb" "$@" || code=$?
report=$(find "$out" -maxdepth 3 -path '*-ab-*/report/comment.md' 2>/dev/null | sort | tail -1) || true
[ -n "$report" ] || exit "$code"
report=$(dirname "$report")

link=${LAS_LINK:-${CI_JOB_URL:-}}
if [ -z "$link" ] && [ -n "${GITHUB_RUN_ID:-}" ]; then
  link=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID
fi
comment=(comment "$report")
[ -z "$link" ] || comment+=(--link "$link")
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || "${las[@]}" "${comment[@]}" --dry-run >>"$GITHUB_STEP_SUMMARY"
if [ -n "${LAS_PICTURES:-}" ]; then
  head=$(git rev-parse HEAD)
  # shellcheck disable=SC2016
  if "$here/with-branch.sh" "$LAS_PICTURES" "Pictures of $head" \
    sh -c 'mkdir -p "$LAS_KEPT/$1" && cp "$2"/*.svg "$LAS_KEPT/$1"' - "$head" "$report"; then
    comment+=(--picture "${GITHUB_SERVER_URL:-${CI_SERVER_URL:-}}/${GITHUB_REPOSITORY:-${CI_PROJECT_PATH:-}}/raw/$LAS_PICTURES/$head")
  fi
fi
[ -n "${GITHUB_TOKEN:-}${GH_TOKEN:-}${GITLAB_TOKEN:-}" ] || comment+=(--dry-run)
# A forge that does not answer must not hide what was measured.
"${las[@]}" "${comment[@]}" || echo "compare.sh: no comment was written" >&2
exit "$code"
