# Network namespaces joined by cables, and the end of all that was started in them. Sourced by record.sh.
# shellcheck shell=bash disable=SC2154,SC2046 # names are the caller's; web and entry are lists of words

hosts=$PWD/hosts
tools=$PWD/record
export LC_ALL=C TZ=UTC PATH=/usr/sbin:/usr/bin:/sbin:/bin

need_programs() {
  [ "$(id -u)" = 0 ] || { echo "record.sh: only root may make network namespaces" >&2; exit 1; }
  local package missing=""
  for package in iptables nftables ipset conntrack iproute2 ethtool curl python3 busybox-static \
    docker.io podman containernetworking-plugins netavark runc; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=" $package"
  done
  [ -z "$missing" ] && return
  apt-get update
  # Installing docker.io would start a daemon on the real network, and its rules would go there.
  local policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then policy=; else printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; fi
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing || missing=
  [ -z "$policy" ] || rm "$policy"
  [ -n "$missing" ]
}

# Everything below belongs to one world: $work, the namespaces sluice-*, the processes in $pids.
open_world() {
  work=$(mktemp -d)
  pids=() namespaces=() goodbyes=()
  use_backend legacy
  trap close_world EXIT
}

close_world() {
  trap - EXIT
  set +e
  local i
  for ((i = ${#goodbyes[@]} - 1; i >= 0; i--)); do ${goodbyes[i]} >/dev/null 2>&1; done
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do stop "${pids[i]}"; done
  for i in "${namespaces[@]}"; do ip netns del "$i"; done
  grep -o " $work/[^ ]*" /proc/self/mounts | sort -r | while read -r i; do umount "$i"; done
  rm -rf --one-file-system "$work"
  set -e
}

# The container programs take the first "iptables" in the path.
use_backend() { # legacy | nft
  local name
  mkdir -p "$work/bin"
  for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -sf "/usr/sbin/xtables-$1-multi" "$work/bin/$name"
  done
  PATH=$work/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

stop() { # PID
  kill "$1" 2>/dev/null || return 0
  local i
  for i in {1..100}; do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done
  kill -9 "$1" 2>/dev/null || true
}

wait_for() { # WHAT COMMAND...: until it succeeds
  local what=$1 i
  shift
  for i in {1..300}; do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  echo "gave up waiting for $what" >&2
  return 1
}

namespace() { # NAME: without IPv6, whose own traffic would be in every recording
  ip netns add "sluice-$1"
  namespaces+=("sluice-$1")
  at "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  at "$1" ip link set lo up
}

# "ip netns exec" would mount another /sys, without the cgroups that the container programs want.
entry() { echo "nsenter --net=/var/run/netns/sluice-$1"; }
at() { # NAMESPACE COMMAND...
  local name=$1
  shift
  $(entry "$name") "$@"
}

# Starts a program, not a function: a function's process would be a shell, and the program would outlive it.
spawn() { # LOG COMMAND...
  local log=$1
  shift
  "$@" >"$log" 2>&1 </dev/null &
  pids+=($!)
}

# Sums are computed by the sender, so that they are right wherever a packet is looked at; and nobody asks for ARP.
plain_device() { # COMMAND PREFIX... DEVICE
  "${@:1:$#-1}" ethtool -K "${!#}" tx off gro off gso off tso off >/dev/null 2>&1 || true
}

cable() { # NAMESPACE DEVICE ADDRESS/LENGTH NAMESPACE DEVICE ADDRESS/LENGTH
  ip link add name "$2" netns "sluice-$1" address "$(mac "$3")" type veth \
    peer name "$5" netns "sluice-$4" address "$(mac "$6")"
  end "$1" "$2" "$3"
  end "$4" "$5" "$6"
  at "$1" ip neigh replace "${6%/*}" dev "$2" lladdr "$(mac "$6")" nud permanent
  at "$4" ip neigh replace "${3%/*}" dev "$5" lladdr "$(mac "$3")" nud permanent
}

end() { # NAMESPACE DEVICE ADDRESS/LENGTH
  at "$1" ip addr add "$3" brd + dev "$2"
  plain_device at "$1" "$2"
  at "$1" ip link set "$2" up
}

mac() { # ADDRESS: 02:00 and the address
  local IFS=.
  # shellcheck disable=SC2086 # split at the dots
  printf '02:00:%02x:%02x:%02x:%02x' ${1%/*}
}

# A web server in a namespace.
serve() { # NAMESPACE PORT
  mkdir -p "$work/www"
  echo hello >"$work/www/index.html"
  spawn "$work/httpd.log" $(entry "$1") busybox httpd -f -p "$2" -h "$work/www"
}
