#!/bin/sh
# Puts one of the two programs in place, as the packages do (bundle/deb/) and as a tarball does on
# systems without Debian packages:
#
#   laptop  ds-backup, its manual page and completion, and what starts its agent: D-Bus, systemd's
#           timer, NetworkManager, or the X session where there is no systemd; what the Journal shows of it
#   server  xs-backup, its manual pages and completion, its unit, the socket at port 80, and examples
#           for nginx, Apache and nftables
#
# Run it again for another version: the program's folder is replaced by two renames, settings and data
# are not touched.
set -eu
umask 022 # whoever installs may keep her own files to herself; these are for everybody

usage() {
  cat <<'USAGE'
usage: sh bundle/install.sh laptop | server [--prefix DIR] [--etc DIR] [--destdir DIR] [--service] [--remove]
  --prefix DIR    where programs go (default: /usr)
  --etc DIR       where settings of the system go (default: /etc)
  --destdir DIR   put everything below this folder, for packages
  --service       the server's: make its user and folders, start it now and at every start
  --remove        take it all away again; Journals, the library and settings stay
USAGE
}

fail() { # fail MESSAGE HINT
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

wrong() { # wrong MESSAGE
  printf 'error: %s\n' "$1" >&2
  usage >&2
  exit 2
}

part='' prefix=/usr etc=/etc destdir='' remove='' service=
while [ $# -gt 0 ]; do
  case $1 in
    laptop | server) part=$1 ;;
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
    --remove) remove=yes ;;
    --service) service=yes ;;
    --help)
      usage
      exit 0
      ;;
    *) wrong "unknown option $1" ;;
  esac
  shift
done
[ -z "$service" ] || [ "$part:$destdir" = server: ] || wrong '--service is for a server that is installed here'
[ -n "$part" ] || wrong 'which one: laptop or server?'

root=$(cd "$(dirname "$0")/.." && pwd)
dist=$root/dist

# place MODE SOURCE TARGET: with the places of this installation filled in.
place() {
  target=$destdir$3
  if [ -n "$remove" ]; then
    rm -f "$target"
    return
  fi
  mkdir -p "$(dirname "$target")"
  sed "s|@BIN@|$prefix/bin|g; s|@LIB@|$prefix/lib|g" "$2" >"$target.new"
  chmod "$1" "$target.new"
  sync -d "$target.new" 2>/dev/null || :
  mv "$target.new" "$target"
}

# program NAME: its folder below lib/. The new one is whole before it takes the old one's place; a
# running program has loaded what it needs, or is started anew by whoever asks next.
program() {
  library=$destdir$prefix/lib/$1
  rm -rf "$library.new" "$library.old"
  if [ -n "$remove" ]; then
    rm -rf "$library"
    return
  fi
  mkdir -p "$library.new" "$destdir$prefix/bin"
  while read -r file; do
    mkdir -p "$library.new/$(dirname "$file")"
    cp -R "$dist/$file" "$library.new/$file"
  done <"$dist/$1.files"
  # Its interpreter: a Node.js that is new enough, wherever the system has it.
  cp "$root/bundle/start-node" "$library.new/start-node"
  sed -i "1s|.*|#!$prefix/lib/$1/start-node|" "$library.new/$1.mjs"
  # Readable for everybody, whatever the rights of the folder that it was built in.
  chmod -R u=rwX,go=rX "$library.new"
  if [ -d "$library" ]; then mv "$library" "$library.old"; fi
  mv "$library.new" "$library"
  rm -rf "$library.old"
}

# copied FOLDER TARGET: its files as they are.
copied() {
  for file in "$1"/*; do
    target=$destdir$2/${file##*/}
    if [ -n "$remove" ]; then
      rm -f "$target"
    else
      mkdir -p "$destdir$2"
      cp "$file" "$target.new"
      chmod 644 "$target.new"
      mv "$target.new" "$target"
    fi
  done
}

# enabled LINK TARGET: what `systemctl enable` would make, for a package.
enabled() {
  if [ -n "$remove" ]; then
    rm -f "$destdir$1"
    return
  fi
  mkdir -p "$(dirname "$destdir$1")"
  ln -sfn "$2" "$destdir$1"
}

install_laptop() {
  from=$root/bundle/laptop
  program ds-backup
  enabled "$prefix/bin/ds-backup" ../lib/ds-backup/ds-backup.mjs
  place 644 "$dist/share/ds-backup.1" "$prefix/share/man/man1/ds-backup.1"
  place 644 "$dist/share/ds-backup.copyright" "$prefix/share/doc/ds-backup/copyright"
  place 644 "$dist/share/ds-backup.bash" "$prefix/share/bash-completion/completions/ds-backup"
  place 644 "$from/org.sugarlabs.Backup1.service" \
    "$prefix/share/dbus-1/services/org.sugarlabs.Backup1.service"
  place 644 "$from/ds-backup.service" "$prefix/lib/systemd/user/ds-backup.service"
  place 644 "$from/ds-backup.timer" "$prefix/lib/systemd/user/ds-backup.timer"
  place 755 "$from/networkmanager-dispatcher" "$etc/NetworkManager/dispatcher.d/90-ds-backup"
  place 644 "$from/xsession" "$etc/X11/Xsession.d/98ds-backup"
  # "My class" in the Journal's "Copy to"; Sugar loads it when it starts.
  menu=$prefix/share/sugar/extensions/webservice/ds_backup
  place 644 "$from/class-menu/account.py" "$menu/account.py"
  place 644 "$from/class-menu/ds_backup.py" "$menu/ds_backup/ds_backup.py"
  if [ -n "$remove" ]; then
    rm -rf "$destdir$menu"
  elif [ "$prefix" != /usr ] && [ ! -d "$destdir$prefix/share/sugar/extensions/deviceicon" ]; then
    # Sugar looks below its own prefix only, and nothing but ours is put there.
    sugar=/usr/share/sugar/extensions/webservice
    printf 'note: Sugar in /usr does not look into %s, so its Journal has no "My class"\n' "$menu" >&2
    printf 'hint: mkdir -p %s && ln -s %s %s/\n' "$sugar" "$menu" "$sugar" >&2
  fi
  # For every user; systemd reads "wants", and no other word.
  enabled "$etc/systemd/user/timers.target.wants/ds-backup.timer" \
    "$prefix/lib/systemd/user/ds-backup.timer"
}

install_server() {
  from=$root/bundle/server
  examples=$prefix/share/doc/xs-backup/examples
  program xs-backup
  place 755 "$from/xs-backup" "$prefix/bin/xs-backup"
  place 644 "$from/xs-backup.service" "$prefix/lib/systemd/system/xs-backup.service"
  place 644 "$from/xs-backup-http.socket" "$prefix/lib/systemd/system/xs-backup-http.socket"
  place 644 "$dist/share/xs-backup.8" "$prefix/share/man/man8/xs-backup.8"
  place 644 "$dist/share/xs-backup.conf.5" "$prefix/share/man/man5/xs-backup.conf.5"
  place 644 "$dist/share/xs-backup.copyright" "$prefix/share/doc/xs-backup/copyright"
  place 644 "$dist/share/xs-backup.bash" "$prefix/share/bash-completion/completions/xs-backup"
  place 644 "$from/apparmor" "$prefix/share/xs-backup/apparmor"
  place 644 "$from/nginx.conf" "$examples/nginx.conf"
  place 644 "$from/apache.conf" "$examples/apache.conf"
  copied "$root/bundle/docs/pictures" "$prefix/share/doc/xs-backup/pictures"
  for guide in "$root"/bundle/docs/*.md; do
    place 644 "$guide" "$prefix/share/doc/xs-backup/${guide##*/}"
  done
  place 644 "$from/original-clients.nft" "$examples/original-clients.nft"
}

# ---------------------------------------------------------------- the server's service

units='xs-backup-http.socket xs-backup.service'
failed=0

complain() { # complain MESSAGE HINT: the rest is done as well
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  failed=1
}

# Before anything is written.
can_serve() {
  [ "$(id -u)" = 0 ] || fail 'only root can install a service' 'put "sudo" before the command'
  [ -d /run/systemd/system ] || fail 'systemd does not run here' \
    'leave out --service, and have this system start "xs-backup serve" as a user of its own'
  missing=
  for tool in node rsync sshd ssh-keygen bwrap socat openssl flock setpriv; do
    if [ "$tool" = node ] && [ -x /usr/lib/ds-backup-node/node ]; then continue; fi
    PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  [ -z "$missing" ] || fail "these programs are missing:$missing" \
    'install them with this system'"'"'s own packages: nodejs 20 or newer, rsync, openssh-server, bubblewrap, socat, openssl, util-linux, and libnss-wrapper'
}

# Where the kernel keeps user namespaces from programs without a profile, no laptop could connect.
load_profile() {
  if [ ! -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ] || [ ! -d "$etc/apparmor.d" ]; then
    return
  fi
  profile=$etc/apparmor.d/xs-backup
  place 644 "$root/bundle/server/apparmor" "$profile"
  apparmor_parser -r "$profile" >"$log" 2>&1 ||
    complain "AppArmor does not load the profile without which no laptop can connect: $(tail -n 1 "$log")" \
      "install the package apparmor, then: apparmor_parser -r $profile && systemctl restart xs-backup"
}

# Of the listening ports of this machine, in hexadecimal.
is_taken() { grep -Eq "^ *[0-9]+: [0-9A-F]+:$1 [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null; }

# Whatever ran before ends: a program that runs has the old one in memory.
start_units() {
  # shellcheck disable=SC2086 # names are words
  { systemctl daemon-reload && systemctl enable $units && systemctl stop xs-backup.service; } >"$log" 2>&1 ||
    fail "systemd does not take the units: $(tail -n 1 "$log")" \
      "are they where systemd looks? with --prefix /usr or /usr/local they are"
  # systemd counts how often units were started lately, and refuses at some point.
  # shellcheck disable=SC2086
  systemctl reset-failed $units >/dev/null 2>&1 || :
  opened=yes
  systemctl restart xs-backup-http.socket >"$log" 2>&1 || opened=
  systemctl start xs-backup.service >"$log" 2>&1 || :
  # It serves when its socket for commands is there.
  until grep -q '/run/admin\.sock$' /proc/net/unix; do
    case $(systemctl show -P SubState xs-backup.service):$(systemctl show -P NRestarts xs-backup.service) in
      running:0 | start*:0) sleep 1 ;;
      *)
        why=$(journalctl -u xs-backup.service -n 50 -o cat --no-pager | sed -n 's/^error: //p' | tail -n 1)
        complain "xs-backup does not start: ${why:-it does not say why}" \
          'mend that, then "systemctl restart xs-backup"; "journalctl -u xs-backup" says more'
        break
        ;;
    esac
  done
  if [ -n "$opened" ]; then return; fi
  examples=$prefix/share/doc/xs-backup/examples
  if is_taken 0050; then
    who=$(ss -Hltnp 'sport = :80' 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | head -n 1)
    complain "another program (${who:-see \"ss -ltnp\"}) has port 80, where laptops ask" \
      "have it forward to xs-backup: $examples/nginx.conf or apache.conf; or stop it and run this again"
  else
    complain 'port 80, where laptops ask, cannot be opened' \
      '"journalctl -u xs-backup-http.socket" says why'
  fi
}

start_service() {
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  { systemd-sysusers "$root/bundle/server/sysusers.conf" &&
    systemd-tmpfiles --create "$root/bundle/server/tmpfiles.conf"; } >"$log" 2>&1 ||
    fail "the user and the folders of the service cannot be made: $(tail -n 1 "$log")" \
      'is there room on the disk, and is it mounted for writing? then run this again'
  load_profile
  start_units
  return "$failed"
}

stop_service() {
  if [ -d /run/systemd/system ]; then
    # shellcheck disable=SC2086
    systemctl disable --quiet --now $units 2>/dev/null || :
  fi
  if [ -e "$etc/apparmor.d/xs-backup" ]; then
    apparmor_parser -R "$etc/apparmor.d/xs-backup" 2>/dev/null || :
    rm -f "$etc/apparmor.d/xs-backup"
  fi
}

# ---------------------------------------------------------------- in this order

if [ -z "$remove" ]; then
  case $part in laptop) name=ds-backup ;; server) name=xs-backup ;; esac
  [ -f "$dist/$name.files" ] || fail 'dist/ is not built' 'run "npm run build"'
  if [ -n "$service" ]; then can_serve; fi
elif [ "$part:$destdir" = server: ]; then
  stop_service
fi
"install_$part"
if [ -n "$service" ] && [ -z "$remove" ]; then start_service; fi
