#!/bin/sh
# Installs from Debian what the tests need beside a JDK and Maven: the real netfilter tools. Quick when they are there.
set -eu
packages="iptables nftables ipset conntrack iproute2"
missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update
# shellcheck disable=SC2086 -- a list of words
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing
