#!/bin/sh
# One SSH session of one laptop: `ds-session CONF SERIAL [original]`, the forced command of every key.
#
# SSH_ORIGINAL_COMMAND has the client's request. It only *chooses* among the operations
# below; its options are ignored and a fixed command line is built instead. rsync is not the
# security boundary: bubblewrap is. Inside it there is /usr, the one folder the operation is about, no network
# and no other process. A shell script and not Node, because a hundred laptops are a hundred of these.
#
# CONF is written by the service: LIBRARY, COMPLETION, SOCKET, REPLACES (a folder: whose snapshots a
# laptop may read besides its own), LEASES (a folder: who may upload now), and what has to stay free on
# the disk: RESERVE, in KiB, and INODES. While a session runs, the service watches over them.
set -uf
umask 027
PATH=/usr/bin:/bin
export PATH
unset IFS

. "$1"
serial=$2
only=${3-} # "original": a key that may back up as the original client does, and read nothing
home=$LIBRARY/$serial
drop=$COMPLETION/.drop/$serial
asked=${SSH_ORIGINAL_COMMAND-}

refuse() {
  printf 'ds-backup: refused: %s\n' "$1" >&2
  exit 12
}

# What every program of a session runs in; none of these words needs quoting.
confined='bwrap --unshare-all --die-with-parent --new-session --cap-drop ALL --clearenv
  --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64
  --chdir /'

# run PROGRAM…: returns its exit status. What it says goes to the laptop at once. When it did not even begin,
# the service is told why as well: what flock and bwrap say when nothing else is asked of them.
run() {
  "$@"
  status=$?
  case $status in
    1 | 6? | 7? | 12[67])
      said=$(flock --shared --wait 1 --close "$home/.session.lock" $confined -- true 2>&1)
      tell_service "$status" "${said:-no more is known}"
      ;;
  esac
  return "$status"
}

# tell_service STATUS TEXT: for its log, in one line of plain characters.
tell_service() {
  text=$(printf '%s' "$2" | tr -c 'A-Za-z0-9 ._:,/()=-' ' ' | cut -c 1-200)
  printf 'ds-backup-failed 1 %s %s %s\n' "$serial" "$1" "$text" |
    socat -t 2 - "UNIX-CONNECT:$SOCKET" 2>/dev/null
}

# sandbox BIND-OPTIONS… -- PROGRAM…
sandbox() {
  run $confined "$@"
}

# locked BIND-OPTIONS… -- PROGRAM…: as long as it runs, no snapshot is made of what it writes. flock keeps
# the lock's descriptor to itself, where nothing in the sandbox can unlock it; if flock ends, the sandbox
# dies with it. The service ends it when the disk gets full.
locked() {
  run flock --shared --wait 60 --close "$home/.session.lock" $confined "$@" && return 0
  check_free
  return "$status"
}

# No upload without a lease. A laptop that has none is admitted or refused by the service as if it asked
# now; a connection that stayed open does not preserve a permission that was revoked meanwhile.
need_lease() {
  [ ! -f "$LEASES/$serial" ] || return 0
  from=${SSH_CONNECTION-}
  said=$(printf 'ds-backup-lease 1 %s %s\n' "$serial" "${from%% *}" |
    socat -t 10 - "UNIX-CONNECT:$SOCKET" 2>/dev/null)
  [ "$said" = yes ] || refuse "${said:-the service does not answer}"
}

# Restores and cleanup must work when the disk is full: blocks and inodes are kept for them.
check_free() {
  set -- $(df --output=avail,itotal,iavail -k "$LIBRARY" | tail -n 1)
  free=$1
  [ "$free" -ge "$RESERVE" ] || refuse "No space left on device: the rest is a reserve"
  # A file system that creates inodes as needed has none in total.
  case $2 in 0 | -) return 0 ;; esac
  [ "$3" -ge "$INODES" ] || refuse "No space left on device: the rest of the inodes is a reserve"
}

# One laptop must not fill the disk: what it has uploaded and is not in a snapshot yet may be as large as
# the remaining free space.
check_room() {
  check_free
  used=$(du -sk "$1" 2>/dev/null | cut -f 1) # what is being ingested may be away at this moment
  used=${used:-0}
  [ "$used" -le "$free" ] || refuse "Disk quota exceeded: $used KiB of this laptop in ${1##*/}"
}

# What an rsync that was killed had received has a temporary name, `.NAME.XXXXXX`: it becomes the partial file
# of NAME, unless that has more. Not while another session of this laptop runs, which may be writing it.
keep_partial() {
  [ -n "$(find "$home/incoming" -maxdepth 1 -type f -name '.*.??????' -print -quit)" ] || return 0
  flock --nonblock --close "$home/.session.lock" $confined --bind "$home/incoming" /incoming \
    --remount-ro / -- sh -c '
      mkdir -p /incoming/.part || exit
      size() { stat -c %s "$1" 2>&- || echo 0; }
      find /incoming -maxdepth 1 -type f -name ".*.??????" | while read -r left; do
        name=${left##*/.}
        part=/incoming/.part/${name%.*}
        [ "$(size "$left")" -le "$(size "$part")" ] || mv -fT "$left" "$part"
        rm -f "$left"
      done' >/dev/null 2>&1
}

# The newest snapshot is the basis of deltas: unchanged parts of a changed file do not travel. -S: long runs of
# zeros take no room.
receive_incoming() {
  check_room "$home/incoming"
  need_lease
  keep_partial
  latest=$(readlink "$home/datastore-latest") || latest=
  case $latest in
    '' | */*) latest= ;;
    *) [ -d "$home/$latest" ] || latest= ;;
  esac
  set -- rsync --server "-trIzSe.$letters" --timeout=120 --partial-dir=.part
  if [ -n "$latest" ]; then
    locked --bind "$home/incoming" /incoming --ro-bind "$home/$latest" /basis \
      --remount-ro / -- \
      "$@" --compare-dest=/basis . /incoming
  else
    locked --bind "$home/incoming" /incoming --remount-ro / -- "$@" . /incoming
  fi
}

# receive_mirror NAME: the original client's datastore-current, documents, power-logs.
receive_mirror() {
  check_room "$home/$1"
  need_lease
  locked --bind "$home/$1" /mirror --remount-ro / -- \
    rsync --server "-ltrzSe.$letters" --timeout=160 --delete --partial . /mirror
}

# receive_completion OPTIONS [MIRROR]: into one file of its own, the only thing there that can be written. It gets
# its name when it is complete, and then in one step the place where it is seen. The original client calls its
# day done by it and asks for nothing afterwards: what it says is complete is on the disk before.
receive_completion() {
  check_free
  need_lease
  find "$drop" -mindepth 1 -delete && : >"$drop/.receiving" || refuse "no room for a completion file"
  ulimit -f 32768 # 16 MiB in units of 512 bytes; a completion file has 8 MiB at most
  sandbox --bind "$drop/.receiving" "/drop/$serial" --remount-ro / -- \
    rsync --server "$1$letters" --inplace --timeout=60 . "/drop/$serial" || exit "$status"
  [ -z "${2-}" ] || sync -f "$2" || refuse "what was sent could not be written to the disk"
  mv -fT "$drop/.receiving" "$drop/$serial" && sync "$drop/$serial" &&
    mv -fT "$drop/$serial" "$COMPLETION/$serial" || refuse "no completion file arrived"
}

# send_folder FOLDER: what the list on stdin names in it, read-only.
send_folder() {
  [ -d "$1" ] && [ ! -L "$1" ] || refuse "there is no such snapshot"
  sandbox --ro-bind "$1" /snapshot --remount-ro / -- \
    rsync --server --sender "-tRze.$letters" --timeout=120 --files-from=- --from0 ${limit:+--bwlimit="$limit"} . /snapshot/
}

send_snapshot() {
  case $1 in
    datastore-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]_[0-9][0-9]:[0-9][0-9]) ;;
    datastore-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]_[0-9][0-9]:[0-9][0-9]-[0-9]*) ;;
    *) refuse "not the name of a snapshot" ;;
  esac
  case $1 in */*) refuse "not the name of a snapshot" ;; esac
  send_folder "$home/$1"
}

# replaces OLD: does this laptop replace OLD? The service lists those, one serial per line.
replaces() {
  case $1 in
    [A-Z][A-Z][A-Z][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]) ;;
    *) return 1 ;;
  esac
  [ -f "$REPLACES/$serial" ] || return 1
  while read -r line; do
    [ "$line" = "$1" ] && return 0
  done <"$REPLACES/$serial"
  return 1
}

# send_pin UID/DIGEST: a pinned version, whose snapshots may be gone.
send_pin() {
  case ${1%%/*} in '' | -* | *[!0-9A-Za-z-]*) refuse "not a pin" ;; esac
  case ${1#*/} in '' | *[!0-9a-f]*) refuse "not a pin" ;; esac
  [ ! -L "$home/pinned/${1%%/*}" ] || refuse "not a pin"
  send_folder "$home/pinned/$1"
}

# send_replaced OLD/snapshots/NAME or OLD/pinned/UID/DIGEST: refused in the same words as what does
# not exist.
send_replaced() {
  old=${1%%/*}
  replaces "$old" || refuse "there is no such snapshot"
  home=$LIBRARY/$old
  case ${1#"$old"/} in
    snapshots/*) send_snapshot "${1#"$old"/snapshots/}" ;;
    pinned/*) send_pin "${1#"$old"/pinned/}" ;;
    *) refuse "there is no such snapshot" ;;
  esac
}

# The first line tells the service whose session it is; the rest is the client's HTTP. When the
# service ends the connection, cat would still wait for the client: end the whole session, which sshd
# has made a process group of its own.
serve_api() {
  { printf 'ds-backup 1 %s\n' "$serial" && exec cat; } | {
    socat -t 1 - "UNIX-CONNECT:$SOCKET"
    read -r _pid _name _state _parent group _rest <"/proc/$$/stat"
    [ "$group" = "$$" ] && kill 0
  }
}

# check_session: what a backup and a restore need, tried without either; the service itself asks for it.
check_session() {
  latest=$(readlink "$home/datastore-latest") || latest=
  case $latest in '' | */*) latest=incoming ;; esac
  sandbox --bind "$home/incoming" /incoming --ro-bind "$home/$latest" /snapshot -- \
    sh -c 'test -w /incoming && ls /snapshot && rsync --version' >/dev/null # which is not in there
}

case $only:$asked in
  original:api) refuse "a teacher has to approve this key first" ;;
esac
# The service itself, when it starts: does a sandbox begin, and with which rsync? No laptop has this name.
[ "$serial" != check ] || {
  $confined --remount-ro / -- rsync --version
  exit
}

case $asked in
  api) serve_api; exit ;;
  check) check_session; exit ;;
  *[!A-Za-z0-9\ ._:/=-]*) refuse "not an operation of ds-backup" ;;
  'rsync --server '*' . '*) ;;
  *) refuse "not an operation of ds-backup" ;;
esac

# Words of the command: the letters after "e." say what the client's rsync can; the target is last.
direction=receive
letters=
limit= # KiB a second, which the side that sends keeps to
target=
for word in $asked; do
  case $word in
    --sender) direction=send ;;
    --bwlimit=*) limit=${word#--bwlimit=} ;;
    --*) ;;
    -*e.*) letters=${word##*e.} ;;
  esac
  target=$word
done
case $letters in
  *[!A-Za-z]*) refuse "an rsync that speaks another language" ;;
  # What only newer ones can is not used: rsync offers it, and does without.
  *[!iLsfxCIvu]*) letters=$(printf %s "$letters" | tr -cd iLsfxCIvu) ;;
esac
case $limit in *[!0-9]* | ??????????*) limit= ;; esac
# rsync before 3.0, which old XOs have, sends no such letters; our agent's is newer.
case $direction:$letters:$target in
  receive::datastore-current | receive::documents | receive::power-logs) ;;
  "receive::/var/lib/ds-backup/completion/$serial") ;;
  *::*) refuse "an rsync that speaks another language" ;;
esac

case $only:$direction:$target in
  :*) ;;
  original:receive:datastore-current | original:receive:documents | original:receive:power-logs) ;;
  "original:receive:/var/lib/ds-backup/completion/$serial") ;;
  *) refuse "a teacher has to approve this key first" ;;
esac

case $direction:$target in
  receive:incoming) receive_incoming ;;
  receive:datastore-current | receive:documents | receive:power-logs) receive_mirror "$target" ;;
  "receive:completion/$serial") receive_completion -te. ;;
  "receive:/var/lib/ds-backup/completion/$serial") receive_completion -ltrze. "$home/datastore-current" ;;
  send:snapshots/*/)
    name=${target#snapshots/}
    send_snapshot "${name%/}"
    ;;
  send:laptops/*/)
    name=${target#laptops/}
    send_replaced "${name%/}"
    ;;
  send:pinned/*/)
    name=${target#pinned/}
    send_pin "${name%/}"
    ;;
  *) refuse "not a place of this laptop" ;;
esac
