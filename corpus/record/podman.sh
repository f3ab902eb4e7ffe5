# Hosts with Podman, its network made by the CNI plugins or by netavark. Sourced by record.sh.
# shellcheck shell=bash disable=SC2154,SC2046 # names are the caller's; web and entry are lists of words

podman_() {
  CONTAINERS_CONF=$work/podman/containers.conf at host podman --root "$work/podman/root" --runroot "$work/podman/run" \
    --storage-driver vfs --runtime /usr/sbin/runc "$@"
}

write_podman_config() { # cni | netavark
  mkdir -p "$work/podman/net.d"
  cat >"$work/podman/containers.conf" <<CONF
[network]
network_backend = "$1"
cni_plugin_dirs = ["/usr/lib/cni"]
network_config_dir = "$work/podman/net.d"
default_network = "podman"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
}

write_conflist() { # BRIDGE
  # Podman's own default network, but for the name of the bridge.
  cat >"$work/podman/net.d/87-podman-bridge.conflist" <<CONF
{ "cniVersion": "0.4.0", "name": "podman", "plugins": [
  { "type": "bridge", "bridge": "$1", "isGateway": true, "ipMasq": true, "hairpinMode": true,
    "ipam": { "type": "host-local", "routes": [{ "dst": "0.0.0.0/0" }], "ranges": [[
      { "subnet": "10.88.0.0/16", "gateway": "10.88.0.1" } ]] } },
  { "type": "portmap", "capabilities": { "portMappings": true } },
  { "type": "firewall" },
  { "type": "tuning" } ] }
CONF
}

remove_podman_containers() { podman_ rm -f -a -t 0; }
in_pod() { nsenter --net="/proc/$(podman_ inspect -f '{{.State.Pid}}' web)/ns/net" "$@"; }

start_pod() {
  image_tar | podman_ import - hello >/dev/null 2>&1
  goodbyes+=("remove_podman_containers")
  podman_ run -d --name web --ip 10.88.0.5 --mac-address 02:00:0a:58:00:05 -p 8080:80 \
    --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 hello /bin/httpd -f -p 80 -h /www >/dev/null
  settle_container "$(podman_ inspect -f '{{.State.Pid}}' web)"
}

podman_stories() {
  story outside-curl at desk $(web http://198.51.100.10:8080/)
  story from-host at host $(web http://198.51.100.10:8080/)
  story from-loopback at host $(web http://127.0.0.1:8080/)
  story outside-direct at desk $(web http://10.88.0.5/)
  story container-out in_pod $(web http://198.51.100.77/)
  story container-to-published in_pod $(web http://198.51.100.10:8080/)
}

record_podman_netavark() {
  container_host
  write_podman_config netavark
  start_pod
  bridges_calm_down
  dump_host podman-netavark
  podman_stories
}

record_podman_cni() { # BRIDGE
  local bridge=$1
  container_host
  write_podman_config cni
  write_conflist "$bridge"
  start_pod
  bridges_calm_down
  dump_host "podman-$bridge"
  podman_stories

  # The narrow fix lets this container's port in. It is written without conntrack, so it sees every packet of the
  # connection before RELATED,ESTABLISHED does.
  with_fix narrow CNI-FORWARD -p tcp ! -i "$bridge" -o "$bridge" -d 10.88.0.5 --dport 80 -j ACCEPT
  # The broad one lets in anything for any container: also what was never published.
  with_fix broad FORWARD -p tcp ! -i "$bridge" -o "$bridge" -j ACCEPT
}

with_fix() { # NAME CHAIN RULE...
  local name=$1
  shift
  at host iptables -I "$@"
  dump_host "podman-$bridge-$name"
  story outside-curl at desk $(web http://198.51.100.10:8080/)
  story from-host at host $(web http://198.51.100.10:8080/)
  story outside-direct at desk $(web http://10.88.0.5/)
  story outside-direct-unpublished at desk $(web http://10.88.0.5:81/)
  at host iptables -D "$@"
}
