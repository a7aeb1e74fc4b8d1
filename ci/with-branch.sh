#!/usr/bin/env bash
# Runs a command with a checkout of a branch in $LAS_KEPT, and pushes what the command put there. A branch that does not
# exist begins empty.
# usage: ci/with-branch.sh BRANCH MESSAGE COMMAND…, in a checkout
# Exit codes: those of the command; 4 where the branch cannot be pushed.
set -euo pipefail
branch=$1 message=$2
shift 2
scratch=$(mktemp -d)
export LAS_KEPT=$scratch/kept
trap 'git worktree remove --force "$LAS_KEPT" 2>/dev/null || true; rm -rf "$scratch"' EXIT
kept() {
  git -C "$LAS_KEPT" -c user.name=load-and-stress -c user.email=load-and-stress@users.noreply.github.com "$@"
}
git worktree add --quiet --detach "$LAS_KEPT"
if kept fetch --quiet --depth=1 origin "$branch"; then kept checkout --quiet --detach FETCH_HEAD; else kept checkout --quiet --orphan "$branch" && kept rm -rfq --ignore-unmatch .; fi
code=0
"$@" || code=$?
kept add --all
if kept diff --cached --quiet; then exit "$code"; fi
kept commit --quiet --message "$message"
# Another job may have pushed meanwhile; what is kept are files of their own, so that both fit.
for _ in 1 2 3 4 5; do
  if kept push --quiet origin "HEAD:refs/heads/$branch"; then exit "$code"; fi
  kept pull --quiet --rebase origin "$branch" || true
done
echo "with-branch.sh: the branch $branch cannot be pushed" >&2
exit 4
