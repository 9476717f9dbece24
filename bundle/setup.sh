#!/bin/sh
# Puts in place what ds-backup is built and tested with: Debian packages, then npm packages.
#
# May be run at any time: what is there already is left alone, and looking takes a fraction of a
# second. Works as root, or through sudo for the Debian packages only. Two runs wait for each other.
set -eu

PACKAGES='rsync openssh-server openssh-client bubblewrap socat openssl libnss-wrapper util-linux dbus
  python3-carquinyol python3-jarabe sugar-session libglib2.0-bin python3 make g++ time gettext
  libgirepository1.0-dev libcairo2-dev libgtk-3-dev pkg-config gir1.2-sugarext-1.0
  python3-dbusmock chromium fonts-dejavu-core
  sucrose xvfb xdotool imagemagick x11-utils dbus-x11 metacity telepathy-mission-control-5
  at-spi2-core gir1.2-atspi-2.0 python3-pyatspi man-db procps nftables iproute2 dconf-cli restic rclone
  sshfs fuse3 xfsprogs btrfs-progs e2fsprogs unzip git'
# In this order: the programs and Sugar's datastore; what node-gtk is compiled against; fakes of
# power and network, and a browser for the pages; a whole Sugar without a screen (it dies at its
# start without mission-control), and what reads its screen; what shows manuals and finds processes; what
# redirects a port between two networks; what makes settings for Browse; and
# what makes the copy elsewhere, and a REST server for it; what shows a day at school in the Journal; and what
# makes file systems that are cut off; what takes archives apart, and says which commit a build is of.
BENCH_PACKAGES='borgbackup'
STICK_PACKAGES='debootstrap debian-archive-keyring'
# What is shipped is judged by these: 50 MB to fetch, 90 MB installed (measured on Debian 12).
INSTALL_PACKAGES='lintian nginx-light apache2 rpm ansible-lint'
SERVER_PACKAGES='rsync openssh-server bubblewrap socat openssl libnss-wrapper util-linux restic'
SERVER_TOOLS='rsync sshd ssh-keygen bwrap socat openssl flock setpriv'
# For systems without dpkg: what those packages are needed for.
TOOLS='rsync sshd ssh ssh-keygen bwrap socat openssl flock setpriv dbus-daemon dbus-run-session gsettings
  dconf python3 make g++ restic'
OLDEST_NODE=20

usage() {
  cat <<'USAGE'
usage: sh bundle/setup.sh [--quiet] [--server | --bench | --stick | --install]
  --quiet   say nothing when nothing is missing
  --server  only what a school server needs that runs dist/xs-backup.mjs: no compiler, GTK or browser
  --bench   also install what the benchmarks compare with: borgbackup
  --stick   also install what makes bare Debian systems: debootstrap
  --install the same, and what judges packages and examples: lintian, nginx, Apache, rpm, ansible-lint
USAGE
}

fail() { # fail MESSAGE [HINT]
  printf 'error: %s\n' "$1" >&2
  if [ $# -gt 1 ]; then printf 'hint: %s\n' "$2" >&2; fi
  exit 1
}

say() { printf 'setup: %s\n' "$1"; }

quiet='' server=
while [ $# -gt 0 ]; do
  case $1 in
    --quiet) quiet=yes ;;
    --server)
      server=yes
      PACKAGES=$SERVER_PACKAGES
      TOOLS=$SERVER_TOOLS
      ;;
    --bench)
      PACKAGES="$PACKAGES $BENCH_PACKAGES"
      TOOLS="$TOOLS borg"
      ;;
    --stick)
      PACKAGES="$PACKAGES $STICK_PACKAGES"
      TOOLS="$TOOLS debootstrap"
      ;;
    --install)
      PACKAGES="$PACKAGES $STICK_PACKAGES $INSTALL_PACKAGES"
      TOOLS="$TOOLS debootstrap lintian nginx apache2 rpmbuild ansible-lint"
      ;;
    --help) usage && exit ;;
    *)
      printf 'error: unknown option %s\n' "$1" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
PATH=$PATH:/usr/sbin:/sbin # sshd; sudo and cron leave these out
did=

# ---------------------------------------------------------------- Debian packages

missing_packages() {
  # shellcheck disable=SC2016,SC2086 # the format is dpkg's; the names are words
  installed=$(dpkg-query -W -f '${db:Status-Status}:${Package}\n' $PACKAGES 2>/dev/null || :)
  for package in $PACKAGES; do
    case "
$installed
" in
      *"
installed:$package
"*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# apt ARGUMENTS…: its output is shown only when it fails.
apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >>"$log" 2>&1 && return
  # An update that reached no server counts as done for apt; its complaints explain what follows.
  grep -E '^(E|W|Err)[:0-9]' "$log" >&2 || tail -n 20 "$log" >&2
  return 1
}

# Nobody asked for an SSH server or a web server on this machine; their programs are wanted, not their
# services. Debian asks this file before it starts one. It speaks only of those that come now and only while we live,
# so that it does no harm when we are killed before taking it away.
hold_services() { # hold_services NAME…
  [ ! -e /usr/sbin/policy-rc.d ] || return 0
  policy="#!/bin/sh
# Put here by ds-backup's bundle/setup.sh (process $$) while it runs; may be deleted afterwards.
[ -d /proc/$$ ] || exit 0
for word; do for name in $*; do
  case \$word in \$name | \$name.service | \$name.socket) exit 101 ;; esac
done; done
exit 0"
  # shellcheck disable=SC2016 # $1 is for the inner shell
  as_root sh -c 'printf "%s\n" "$1" >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d' \
    sh "$policy"
  held=yes
}

release_services() {
  [ -n "$held" ] || return 0
  held=
  as_root rm -f /usr/sbin/policy-rc.d
}

services_of() { # services_of PACKAGE…
  for package; do
    case $package in
      openssh-server) echo ssh ;;
      nginx-light) echo nginx ;;
      apache2) echo apache2 ;;
    esac
  done
}

install_packages() { # install_packages NAME…
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "these Debian packages are missing: $*" \
      "as root: apt-get install --no-install-recommends $*"
  fi
  did=yes
  say "installing Debian packages: $*"
  services=$(services_of "$@")
  # shellcheck disable=SC2086 # names are words
  if [ -n "$services" ]; then hold_services $services; fi
  apt update ||
    fail 'apt-get update failed' 'the reason is above; is there a network, and leave to use it?'
  apt install -y --no-install-recommends "$@" ||
    fail "apt-get could not install $*" 'the reason is above; run this again afterwards'
  if [ -n "$held" ] && [ -d /run/systemd/system ]; then
    for service in $services; do
      as_root systemctl disable --quiet "$service.service" 2>/dev/null || :
      say "the service $service of this machine stays off; to have it: systemctl enable --now $service"
    done
  fi
  release_services
}

debian_packages() {
  if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    missing=$(missing_packages)
    # shellcheck disable=SC2086 # names are words
    if [ -n "$missing" ]; then install_packages $missing; fi
    return
  fi
  missing=
  for tool in $TOOLS; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
  if [ -n "$missing" ]; then
    fail "this is not Debian, and these programs are missing:$missing" \
      'install them, and Sugar with its datastore, in the way of this system; then run this again'
  fi
}

# Without udev nobody gives the device the mode that udev's own rule says, and only root may mount.
open_fuse() {
  if [ ! -c /dev/fuse ] || [ -e /run/udev/control ]; then return; fi
  if [ "$(stat -c %a /dev/fuse)" = 666 ]; then return; fi
  as_root chmod 666 /dev/fuse 2>/dev/null || say 'only root may mount here: tests of that are skipped'
}

# ---------------------------------------------------------------- Node and npm packages

node_is_new_enough() {
  command -v node >/dev/null ||
    fail "Node.js is missing; version $OLDEST_NODE or newer is needed" "$node_hint"
  version=$(node --version)
  major=${version#v}
  [ "${major%%.*}" -ge "$OLDEST_NODE" ] ||
    fail "Node.js $version is too old; $OLDEST_NODE or newer is needed" "$node_hint"
  [ -n "$server" ] || command -v npm >/dev/null || fail 'npm is missing' "$node_hint"
}
node_hint="Debian 12's own is too old; install Node.js $OLDEST_NODE with its npm, e.g. nodejs from a newer Debian"

# What is installed is what the lock file says, so its content tells whether that is still so.
lock_state() { sha256sum <package-lock.json; }

npm_packages_present() {
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(lock_state)" ]
}
stamp=node_modules/.ds-backup-setup

sqlite3_loads() {
  node -e "require('sqlite3')" >"$log" 2>&1
}

install_npm_packages() {
  did=yes
  say 'installing npm packages (sqlite3 and node-gtk are compiled: a few minutes)'
  rm -f "$stamp"
  # node-gyp would fetch Node's headers; where they are installed that needs no network.
  if [ -e /usr/include/node/node.h ]; then export npm_config_nodedir=/usr; fi
  # npm 10 has been seen to exit with 0 after giving up; the file it writes last tells.
  { npm ci --loglevel=warn </dev/null >"$log" 2>&1 && [ -f node_modules/.package-lock.json ]; } || {
    tail -n 30 "$log" >&2
    fail 'npm ci failed' 'the reason is above; without a network it needs a filled npm cache'
  }
  sqlite3_loads || {
    tail -n 10 "$log" >&2
    fail 'npm ci ended well, but the sqlite3 package does not load' \
      "look at: npm rebuild sqlite3 --foreground-scripts (it needs make, g++, python3 and Node's headers)"
  }
  lock_state >"$stamp"
}

npm_packages() {
  if npm_packages_present && sqlite3_loads; then return; fi
  exec 9<"$root" # waits for another run of this script in the same tree
  flock 9
  if npm_packages_present && sqlite3_loads; then return; fi
  install_npm_packages
}

# The activity is checked against the GTK that is installed here; node-gtk writes down its types.
gtk_types() {
  types=node_modules/.cache/ds-backup/gtk-types
  if [ -f "$types/node-gtk.d.ts" ]; then return; fi
  did=yes
  say 'writing down the types of GTK'
  fresh=$types.$$
  { mkdir -p "$fresh" && npx --no-install node-gtk generate-types Gtk-3.0 GdkX11-3.0 SugarExt-1.0 \
    --no-docs --outdir "$fresh" >"$log" 2>&1; } || {
    tail -n 10 "$log" >&2
    rm -rf "$fresh"
    fail 'the types of GTK could not be written' 'the reason is above; is node-gtk compiled?'
  }
  rm -rf "$types"
  mv "$fresh" "$types"
}

# ---------------------------------------------------------------- in this order

held=
log=$(mktemp)
trap 'release_services; rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# First what nobody here can mend.
node_is_new_enough
debian_packages
if [ -z "$server" ]; then
  open_fuse
  npm_packages
  gtk_types
else
  [ -f dist/xs-backup.mjs ] || fail 'dist/ is not built' 'unpack a release, or copy dist/ from where "npm run build" ran'
  node dist/xs-backup.mjs --version >"$log" 2>&1 || fail 'dist/xs-backup.mjs does not start' "$(tail -n 3 "$log")"
fi
if [ -z "$quiet$did" ]; then
  say 'nothing is missing'
elif [ -n "$did" ]; then
  say 'done'
fi
