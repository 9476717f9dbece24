#!/bin/sh
# Puts the laptop's program in place: ds-backup, its manual page and completion, and what starts its
# agent (D-Bus, systemd's timer, NetworkManager, or the X session where there is no systemd).
#
# Run it again for another version: each file is replaced by a rename, the settings of children are
# not touched.
set -eu

usage() {
  cat <<'USAGE'
usage: sh bundle/install-laptop.sh [--prefix DIR] [--etc DIR] [--destdir DIR] [--remove]
  --prefix DIR    where programs go (default: /usr)
  --etc DIR       where settings of the system go (default: /etc)
  --destdir DIR   put everything below this folder, for packages
  --remove        take it all away again; Journals and settings stay
USAGE
}

fail() { # fail MESSAGE HINT
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

prefix=/usr etc=/etc destdir='' remove=
while [ $# -gt 0 ]; do
  case $1 in
    --remove) remove=yes ;;
    --prefix | --etc | --destdir)
      if [ $# -lt 2 ]; then
        printf 'error: %s needs a folder\n' "$1" >&2
        exit 2
      fi
      case $2 in
        /*) ;;
        *) fail "$1 $2 is not an absolute path" 'begin it with /' ;;
      esac
      case $1 in
        --prefix) prefix=$2 ;;
        --etc) etc=$2 ;;
        --destdir) destdir=$2 ;;
      esac
      shift
      ;;
    --help)
      usage
      exit 0
      ;;
    *)
      printf 'error: unknown option %s\n' "$1" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
from=$root/bundle/laptop
dist=$root/dist
library=$prefix/lib/ds-backup

place() { # place MODE SOURCE TARGET
  target=$destdir$3
  if [ -n "$remove" ]; then
    rm -f "$target"
    return
  fi
  mkdir -p "$(dirname "$target")"
  sed "s|@BIN@|$prefix/bin|g" "$2" >"$target.new"
  chmod "$1" "$target.new"
  sync -d "$target.new" 2>/dev/null || :
  mv "$target.new" "$target"
}

if [ -z "$remove" ] && [ ! -f "$dist/ds-backup.mjs" ]; then
  fail 'dist/ is not built' 'run "npm run build"'
fi

# The new program is whole before it takes the old one's place; a running agent has loaded what it
# needs, or is started anew by whoever asks next.
rm -rf "$destdir$library.new" "$destdir$library.old"
if [ -z "$remove" ]; then
  mkdir -p "$destdir$library.new" "$destdir$prefix/bin"
  cp -R "$dist"/. "$destdir$library.new"
  rm -rf "$destdir$library.new/xs-backup.mjs" "$destdir$library.new/session"
  if [ -d "$destdir$library" ]; then mv "$destdir$library" "$destdir$library.old"; fi
  mv "$destdir$library.new" "$destdir$library"
  rm -rf "$destdir$library.old"
  ln -sfn ../lib/ds-backup/ds-backup.mjs "$destdir$prefix/bin/ds-backup"
else
  rm -rf "$destdir$library"
  rm -f "$destdir$prefix/bin/ds-backup"
fi

place 644 "$dist/share/ds-backup.1" "$prefix/share/man/man1/ds-backup.1"
place 644 "$dist/share/ds-backup.bash" "$prefix/share/bash-completion/completions/ds-backup"
place 644 "$from/org.sugarlabs.Backup1.service" \
  "$prefix/share/dbus-1/services/org.sugarlabs.Backup1.service"
place 644 "$from/ds-backup.service" "$prefix/lib/systemd/user/ds-backup.service"
place 644 "$from/ds-backup.timer" "$prefix/lib/systemd/user/ds-backup.timer"
place 755 "$from/networkmanager-dispatcher" "$etc/NetworkManager/dispatcher.d/90-ds-backup"
place 644 "$from/xsession" "$etc/X11/Xsession.d/98ds-backup"

# For every user, as a package would have it.
wanted=$destdir$etc/systemd/user/timers.target.wanted
if [ -z "$remove" ]; then
  mkdir -p "$wanted"
  ln -sfn "$prefix/lib/systemd/user/ds-backup.timer" "$wanted/ds-backup.timer"
else
  rm -f "$wanted/ds-backup.timer"
fi
