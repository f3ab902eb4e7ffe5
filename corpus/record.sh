#!/usr/bin/env bash
# Makes corpus/hosts anew: record.sh [HOST...]   (as root, on Debian 12; without arguments all hosts)
#
# Runs the real programs (dockerd, podman with the CNI plugins ...) in network namespaces of its own, writes down the
# host with collect.sh, sends it packets of real clients, and records what the kernel did with each of them. Nothing
# outside these namespaces is sent a packet or given a rule. Needs Python 3 (only here: whoever reads corpus/hosts
# does not); installs the rest with apt-get. corpus/hosts/README.md says what the files mean.
#
#   record.sh ─▶ record/world.sh     namespaces, cables, the end of everything
#             ─▶ record/story.sh     dumps, a story: client, observer, counters after
#             │    └▶ record/observe.py ─▶ record/pcapng.py
#             ─▶ record/docker.sh  record/podman.sh  record/router.sh ...   one set of hosts each
#             ─▶ record/verify.py    checksums and the files' promises to each other
set -euo pipefail
cd "$(dirname "$0")"
# One CPU: there each packet is through the kernel before the next begins, which is how observe.py tells them apart.
[ -n "${SLUICE_RECORD_PINNED:-}" ] || SLUICE_RECORD_PINNED=1 exec taskset -c 0 "$BASH" "$(basename "$0")" "$@"
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

. record/world.sh
. record/story.sh
. record/docker.sh
. record/podman.sh
. record/router.sh
. record/router6.sh
. record/firewalls.sh

all="docker docker-nft docker-networks podman-cni0 podman-cni-podman0 podman-netavark edge-router edge-router6"
all+=" ufw firewalld fail2ban shorewall"
[ $# -gt 0 ] || set -- $all
for host in "$@"; do
  [[ " $all " == *" $host "* ]] || { echo "no such host: $host (there are: $all)" >&2; exit 2; }
done

need_programs
for host in "$@"; do
  echo "== $host"
  open_world
  case $host in
    docker) record_docker docker ;;
    docker-nft) use_backend nft; record_docker docker-nft ;;
    docker-networks) record_docker_networks ;;
    podman-netavark) record_podman_netavark ;;
    podman-*) record_podman_cni "${host#podman-}" ;;
    edge-router) record_router ;;
    edge-router6) record_router6 ;;
    ufw | firewalld | fail2ban | shorewall) "record_$host" ;;
  esac
  close_world
done
python3 -B record/verify.py hosts
