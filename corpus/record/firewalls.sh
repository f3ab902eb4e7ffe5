# shellcheck shell=bash disable=SC2154,SC2046 # names are the caller's; web and entry are lists of words
# Hosts whose rules other programs write: dumps only, no stories. Sourced by record.sh.
#
# These programs want their files in /etc and /run, and installing some of them would put up a firewall here. So they
# are installed and run in a view of the machine of their own: an overlay whose changes are gone afterwards.

sandbox_root() { # PACKAGE...
  root=$work/overlay/root
  mkdir -p "$work/overlay"
  mount -t tmpfs tmpfs "$work/overlay"
  mkdir "$work/overlay/upper" "$work/overlay/scratch" "$root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$work/overlay/upper,workdir=$work/overlay/scratch" "$root"
  goodbyes+=("umount $work/overlay" "umount -R $root")
  local tree
  for tree in proc sys dev; do mount --rbind /$tree "$root/$tree"; mount --make-rslave "$root/$tree"; done
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  cat /etc/resolv.conf >"$work/resolv.conf"
  rm -f "$root/etc/resolv.conf" # it may be a link into /run
  cp "$work/resolv.conf" "$root/etc/resolv.conf"
  local name
  for name in iptables ip6tables; do
    chroot "$root" update-alternatives --set "$name" "/usr/sbin/$name-legacy" >/dev/null
  done
  {
    chroot "$root" apt-get update
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y --no-install-recommends "$@"
  } >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; return 1; }
}

inside() { $(entry host) chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }

firewall_host() { # with an outer interface and an inner one
  namespace host
  namespace desk
  namespace pc
  cable host eth0 198.51.100.10/24 desk eth0 198.51.100.77/24
  cable host eth1 192.168.10.1/24 pc eth0 192.168.10.20/24
  at host ip route add default via 198.51.100.1 dev eth0
}

record_ufw() {
  firewall_host
  sandbox_root ufw
  inside ufw default deny incoming
  inside ufw limit in on eth0 to any port 22 proto tcp
  inside ufw allow 80,443/tcp
  inside ufw allow from 192.168.10.0/24 to any port 22
  inside ufw deny from 203.0.113.0/24
  inside ufw reject out to any port 25 proto tcp comment 'no mail from here'
  inside ufw allow log 5432/tcp
  inside ufw route allow in on eth1 out on eth0
  inside ufw logging medium
  inside ufw --force enable
  dump_host ufw
}

record_firewalld() {
  firewall_host
  sandbox_root firewalld
  inside sed -i 's/^FirewallBackend=.*/FirewallBackend=iptables/' /etc/firewalld/firewalld.conf
  inside firewall-offline-cmd --zone=internal --add-interface=eth1
  inside firewall-offline-cmd --zone=external --add-interface=eth0
  inside firewall-offline-cmd --zone=external --add-service=https
  inside firewall-offline-cmd --zone=external --add-forward-port=port=8080:proto=tcp:toport=80:toaddr=192.168.10.20
  inside firewall-offline-cmd --zone=external \
    --add-rich-rule='rule family="ipv4" source address="203.0.113.0/24" port port="443" protocol="tcp" log prefix="https " limit value="1/m" reject'
  inside firewall-offline-cmd --new-ipset=blocked --type=hash:net
  inside firewall-offline-cmd --ipset=blocked --add-entry=192.0.2.0/25
  inside firewall-offline-cmd --zone=drop --add-source=ipset:blocked
  mkdir -p "$root/run/dbus"
  spawn "$work/dbus.log" $(entry host) chroot "$root" dbus-daemon --system --nofork --nopidfile
  spawn "$work/firewalld.log" $(entry host) chroot "$root" /usr/sbin/firewalld --nofork --nopid
  wait_for firewalld inside firewall-cmd --state
  dump_host firewalld
}

record_fail2ban() {
  firewall_host
  sandbox_root fail2ban
  : >"$root/var/log/auth.log"
  cat >"$root/etc/fail2ban/jail.local" <<'CONF'
[sshd]
enabled = true
backend = polling
logpath = /var/log/auth.log
port = ssh
[recidive]
enabled = true
backend = polling
logpath = /var/log/fail2ban.log
banaction = iptables-ipset-proto6-allports
CONF
  : >"$root/var/log/fail2ban.log"
  mkdir -p "$root/run/fail2ban"
  spawn "$work/fail2ban.log" $(entry host) chroot "$root" /usr/bin/fail2ban-server -f -x start
  wait_for fail2ban inside fail2ban-client ping
  goodbyes+=("inside fail2ban-client stop")
  inside fail2ban-client set sshd banip 203.0.113.66 203.0.113.67
  inside fail2ban-client set recidive banip 203.0.113.99
  wait_for "the last ban" at host ipset test f2b-recidive 203.0.113.99
  dump_host fail2ban
}

record_shorewall() {
  firewall_host
  sandbox_root shorewall
  cp "$root"/usr/share/doc/shorewall/examples/two-interfaces/* "$root/etc/shorewall/"
  gunzip -f "$root"/etc/shorewall/*.gz 2>/dev/null || true
  printf '%s\n' '?SECTION NEW' 'SSH(ACCEPT) loc $FW' 'Ping(ACCEPT) all $FW' 'Web(DNAT) net loc:192.168.10.20' \
    'ACCEPT $FW net' >"$root/etc/shorewall/rules"
  sed -i 's/^STARTUP_ENABLED=.*/STARTUP_ENABLED=Yes/' "$root/etc/shorewall/shorewall.conf"
  inside shorewall start >"$work/shorewall.log" 2>&1 || { tail -n 5 "$work/shorewall.log" >&2; return 1; }
  dump_host shorewall
}
