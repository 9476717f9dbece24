#!/bin/sh
# Two machines in network namespaces: a laptop behind this machine's wlan0, and the redirect of RULES
# between them. Prints what answers at port 22: to the laptop, to this machine itself, and to a laptop
# among "admins". Run by "unshare --net sh two-networks.sh RULES".
set -e
ip link set lo up
unshare --net sleep 600 &
laptop=$!
started=$laptop
trap 'kill $started' EXIT
until [ "$(readlink /proc/$laptop/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add wlan0 type veth peer name eth0 netns $laptop
ip address add 10.9.0.1/24 dev wlan0
ip link set wlan0 up
nsenter -t $laptop -n sh -c 'ip address add 10.9.0.2/24 dev eth0 && ip link set eth0 up'
# Twice, as at each start of nftables.
nft -f "$1"
nft -f "$1"
socat TCP-LISTEN:2222,fork,reuseaddr SYSTEM:'echo backup' &
started="$started $!"
socat TCP-LISTEN:22,fork,reuseaddr SYSTEM:'echo machine' &
started="$started $!"
ask() {
  "$@" socat -u TCP:"$to":22,retry=100,interval=0.1 -
}
to=10.9.0.1 ask nsenter -t $laptop -n
to=127.0.0.1 ask env
nft add element inet xs_backup admins '{ 10.9.0.2 }'
to=10.9.0.1 ask nsenter -t $laptop -n
