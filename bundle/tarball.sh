#!/bin/sh
# `npm run tarball`: what install.sh needs on systems without Debian packages, as one archive in dist/packages.
# The same commit gives the same bytes. Runs after "npm run build", on a machine of the same architecture as
# the one that it is for: sqlite3's native part is in it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
umask 022 # the archive is for others
read -r version time <dist/.release
mkdir -p dist/packages
archive=dist/packages/ds-backup-$version.tar
trap 'rm -f "$archive.new" "$archive.xz.new"' EXIT
# Not through a pipe: nobody would notice that tar did not find a file.
tar --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  --exclude=dist/packages --exclude='*.map' --exclude=dist/.made-of \
  --transform "s|^\\(\./\)*|ds-backup-$version/|" -cf "$archive.new" \
  LICENSE ./*.md test/bench/README.md bundle/install.sh bundle/start-node bundle/server bundle/laptop bundle/docs dist
xz -6 <"$archive.new" >"$archive.xz.new"
mv "$archive.xz.new" "$archive.xz"
echo "$archive.xz"
