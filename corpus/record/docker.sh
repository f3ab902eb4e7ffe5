# Hosts with Docker. Sourced by record.sh.
# shellcheck shell=bash disable=SC2154,SC2046 # names are the caller's; web and entry are lists of words

# The outer world of every container host: the host at eth0, its operator's rules, and a desk with a client.
container_host() {
  namespace host
  namespace desk
  cable host eth0 198.51.100.10/24 desk eth0 198.51.100.77/24
  at host ip route add default via 198.51.100.1 dev eth0
  # The operator's rules come first; the container programs then add theirs.
  at host iptables-restore <<'RULES'
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -j REJECT --reject-with icmp-host-prohibited
COMMIT
RULES
  serve desk 80
  # As a neighbour does who wants to reach the containers without their published ports.
  at desk ip route add 172.16.0.0/12 via 198.51.100.10
  at desk ip route add 10.88.0.0/16 via 198.51.100.10
}

image_tar() { # an image with nothing but busybox and a page that says hello
  local root=$work/image
  mkdir -p "$root/bin" "$root/www"
  cp /bin/busybox "$root/bin/busybox"
  local applet
  for applet in sh httpd; do ln -sf busybox "$root/bin/$applet"; done
  echo hello >"$root/www/index.html"
  tar -C "$root" -c .
}

start_docker() {
  mkdir -p "$work/docker"
  spawn "$work/docker/log" $(entry host) unshare -m dockerd --data-root "$work/docker/data" --exec-root "$work/docker/exec" \
    -H "unix://$work/docker/sock" -p "$work/docker/pid" --storage-driver vfs
  wait_for dockerd grep -q 'API listen' "$work/docker/log"
  image_tar | docker_ import - hello >/dev/null
  goodbyes+=("remove_docker_containers")
}

docker_() { /usr/bin/docker -H "unix://$work/docker/sock" "$@"; }
remove_docker_containers() { docker_ ps -aq | while read -r id; do docker_ rm -f "$id"; done; }

start_container() { # NAME OPTION...
  local name=$1
  shift
  docker_ run -d --name "$name" "$@" hello /bin/httpd -f -p 80 -h /www >/dev/null
  settle_container "$(docker_ inspect -f '{{.State.Pid}}' "$name")"
}

# The container's network namespace: exact checksums, no ARP (nobody's tables time out during a story).
settle_container() { # PID
  local address link bridge
  nsenter --net="/proc/$1/ns/net" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
  plain_device nsenter --net="/proc/$1/ns/net" eth0
  address=$(nsenter --net="/proc/$1/ns/net" ip -4 -o addr show dev eth0 | sed 's/.*inet \([0-9.]*\).*/\1/')
  link=$(nsenter --net="/proc/$1/ns/net" ip -o link show dev eth0 | sed 's/.*link.ether \([0-9a-f:]*\).*/\1/')
  bridge=$(at host ip -o route get "$address" | sed 's/.* dev \([^ ]*\).*/\1/')
  at host ip neigh replace "$address" dev "$bridge" lladdr "$link" nud permanent
  nsenter --net="/proc/$1/ns/net" ip neigh replace \
    "$(at host ip -4 -o addr show dev "$bridge" | sed 's/.*inet \([0-9.]*\).*/\1/')" dev eth0 \
    lladdr "$(at host ip -o link show dev "$bridge" | sed 's/.*link.ether \([0-9a-f:]*\).*/\1/')" nud permanent
  local device
  for device in $(at host ip -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do plain_device at host "$device"; done
}

# A new bridge tells its neighbours about multicast for some seconds.
bridges_calm_down() { sleep 4; }

# The client in the container is the one of the desk: busybox would not say what went wrong.
in_web() { nsenter --net="/proc/$(docker_ inspect -f '{{.State.Pid}}' web)/ns/net" "$@"; }

record_docker() { # HOST
  container_host
  start_docker
  start_container web -p 8080:80
  bridges_calm_down
  dump_host "$1"
  story outside-curl at desk $(web http://198.51.100.10:8080/)
  story from-host at host $(web http://198.51.100.10:8080/)
  story from-loopback at host $(web http://127.0.0.1:8080/)
  story outside-closed-port at desk $(web http://198.51.100.10:8081/)
  story outside-direct at desk $(web http://172.17.0.2/)
  story outside-ping at desk busybox ping -c 2 -i 0.1 198.51.100.10
  story container-out in_web $(web http://198.51.100.77/)
  story container-to-published in_web $(web http://198.51.100.10:8080/)
}

# Two networks of the user, each its own bridge: what DOCKER-ISOLATION-STAGE-1 and 2 are for.
record_docker_networks() {
  container_host
  start_docker
  docker_ network create --subnet 172.18.0.0/16 -o com.docker.network.bridge.name=front front >/dev/null
  docker_ network create --subnet 172.19.0.0/16 -o com.docker.network.bridge.name=back back >/dev/null
  start_container web --network front --ip 172.18.0.2 -p 8080:80
  start_container cache --network front --ip 172.18.0.3
  start_container store --network back --ip 172.19.0.2 -p 5432:80
  bridges_calm_down
  dump_host docker-networks
  story outside-curl at desk $(web http://198.51.100.10:8080/)
  story from-host at host $(web http://198.51.100.10:5432/)
  story same-network in_web $(web http://172.18.0.3/)
  story other-network in_web $(patience=2 web http://172.19.0.2/)
  story other-network-published in_web $(web http://198.51.100.10:5432/)
}
