#!/bin/sh
# Makes a base image from this machine's Node, npm and their libraries, without a registry.
# usage: base-image.sh NAME
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
# Each program with the libraries that the loader needs.
for program in "$(readlink -f "$(command -v node)")" /bin/sh /usr/bin/env; do
  for file in "$program" $(ldd "$program" | grep -o '/[^ ]*'); do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
done
mkdir -p "$root/usr/bin" "$root$npm" "$root/etc/ssl/certs" "$root/tmp" "$root/root" "$root/proc" "$root/dev" "$root/sys"
cp -R "$npm/." "$root$npm"
node=$(readlink -f "$(command -v node)")
[ "$node" = /usr/bin/node ] || ln -s "$node" "$root/usr/bin/node"
ln -s "$npm/bin/npm-cli.js" "$root/usr/bin/npm"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
chmod 1777 "$root/tmp"
container=$(buildah from scratch)
buildah copy --quiet "$container" "$root" / >/dev/null
buildah config --env PATH=/usr/bin:/bin "$container"
buildah commit --quiet --rm "$container" "$1" >/dev/null
