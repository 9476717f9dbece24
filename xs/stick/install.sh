#!/bin/sh
# For whoever holds this stick: installs the backup of a school on this computer, without internet.
#
#     sudo sh install.sh laptop | server
#
# Asks which of the two, if it is not told. Installs from the stick what is missing here and nothing else.
# Run it again for a newer stick: settings, keys and backups stay. Nothing is made older or taken away.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
parts=$here/ds-backup

# shellcheck disable=SC1091,SC2154 # the words of each language lie on the stick
. "$parts/words/en.sh"
for language in $(printf '%s' "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" | sed 's/[_.@].*//; s/[^a-z]//g'); do
  if [ -f "$parts/words/$language.sh" ]; then . "$parts/words/$language.sh"; fi
done

say() { printf '\n%s\n' "$*"; }

if [ "$(id -u)" != 0 ]; then
  say "$word_root" >&2
  exit 1
fi

part=${1-}
if [ -z "$part" ] && [ -t 0 ]; then
  say "$word_which"
  read -r answer
  case $answer in 1) part=laptop ;; 2) part=server ;; esac
fi
case $part in
  # What shows a day in the Journal; what makes the copy elsewhere. Both work without.
  laptop) packages=ds-backup-agent useful=sshfs ;;
  server) packages=xs-backup useful=restic ;;
  *)
    printf 'usage: sudo sh install.sh laptop | server\n' >&2
    exit 2
    ;;
esac

# ---------------------------------------------------------------- a source for apt of what is on the stick

codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
architecture=$(dpkg --print-architecture 2>/dev/null) || architecture=$(uname -m)
work=$(mktemp -d)
ended() {
  status=$?
  rm -rf "$work"
  if [ "$status" != 0 ]; then say "$word_failed" >&2; fi
}
trap ended EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/repository" "$work/lists" "$work/lists/partial" "$work/archives" "$work/archives/partial"

count=0
index() { # index FOLDER: its packages for this kind of machine
  for file in "$1"/*.deb; do
    [ -f "$file" ] || continue
    case $(dpkg-deb -f "$file" Architecture) in "$architecture" | all) ;; *) continue ;; esac
    count=$((count + 1))
    # Names of files may have what apt reads otherwise: an epoch's colon, blanks.
    ln -s "$file" "$work/repository/$count.deb"
    dpkg-deb -f "$file"
    printf 'Filename: ./%s.deb\nSize: %s\nSHA256: %s\n\n' "$count" "$(wc -c <"$file")" \
      "$(sha256sum <"$file" | cut -d ' ' -f 1)"
  done
}
{
  index "$parts/packages"
  index "$parts/packages/$codename"
} >"$work/repository/Packages"
if ! grep -q "^Package: $packages\$" "$work/repository/Packages"; then
  say "$word_system $codename $architecture" >&2
  exit 1
fi

# newest: of the versions on standard input.
newest() {
  best=
  while read -r version; do
    if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then best=$version; fi
  done
  printf '%s' "$best"
}
offered=$(sed -n "/^Package: $packages\$/,/^\$/s/^Version: //p" "$work/repository/Packages" | newest)
there=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$packages" 2>/dev/null | sed -n 's/^installed //p')
newer=
if [ -n "$there" ] && dpkg --compare-versions "$there" gt "$offered"; then newer=$there; fi

printf 'deb [trusted=yes] file:%s/repository ./\n' "$work" >"$work/sources.list"
if [ -d "$parts/packages/$codename" ]; then set -- -o Dir::Etc::SourceParts=/dev/null; else set --; fi
set -- "$@" -q -y -o "Dir::Etc::SourceList=$work/sources.list" -o "Dir::State::Lists=$work/lists" \
  -o "Dir::Cache::Archives=$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
  -o APT::Sandbox::User=root -o APT::Get::Remove=false -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
export DEBIAN_FRONTEND=noninteractive

# ---------------------------------------------------------------- install

say "$word_working"
apt-get "$@" update
# The activity only where Sugar is, and where all that it needs can be had.
if [ "$part" = laptop ] && dpkg-query -W -f '${db:Status-Status}' python3-jarabe 2>/dev/null | grep -qx installed &&
  apt-get "$@" --no-install-recommends -s install sugar-activity-backup >/dev/null 2>&1; then
  packages="$packages sugar-activity-backup"
fi
# Useful things only from the stick: nothing waits for a network because of them.
if grep -q "^Package: $useful\$" "$work/repository/Packages" &&
  apt-get "$@" --no-install-recommends -s install "$useful" >/dev/null 2>&1; then
  packages="$packages $useful"
fi
# shellcheck disable=SC2086 # names are words
apt-get "$@" --no-install-recommends install $packages
if [ -n "$newer" ]; then say "$word_newer" "$newer"; fi

place() { # place FROM TO: whole or not at all
  cp "$1" "$2.new"
  sync "$2.new" 2>/dev/null || :
  mv "$2.new" "$2"
}

if [ "$part" = laptop ]; then
  settings=/etc/ds-backup/config.toml
  if [ ! -f "$parts/school.toml" ]; then
    if [ ! -f "$settings" ]; then say "$word_unknown" 'sudo xs-backup stick DIR'; fi
  elif [ ! -f "$settings" ]; then
    mkdir -p "${settings%/*}"
    place "$parts/school.toml" "$settings"
  elif ! cmp -s "$parts/school.toml" "$settings"; then
    say "$word_kept" "$settings"
  fi
  say "$word_laptop"
else
  # From here the server writes sticks of its own, and offers them for download: never what is older than itself.
  kept=/var/lib/xs-backup/packages
  if [ -z "$newer" ] || [ ! -d "$kept" ]; then
    rm -rf "$kept.new" "$kept.old"
    cp -R "$parts/packages" "$kept.new"
    chmod -R u=rwX,go=rX "$kept.new"
    chown -R root:root "$kept.new"
    if [ -d "$kept" ]; then mv "$kept" "$kept.old"; fi
    mv "$kept.new" "$kept"
    rm -rf "$kept.old"
  fi
  say "$word_server"
  echo '    sudo xs-backup teacher add NAME'
  say "$word_stick"
  echo '    sudo xs-backup stick DIR'
fi
