# A router between an inside, a DMZ and the world, with rules as an operator writes them. Sourced by record.sh.
# shellcheck shell=bash disable=SC2154,SC2046 # names are the caller's; web and entry are lists of words
#
#   pc  .20 ─┐
#            switch ─ eth1 .1 [host] eth0 203.0.113.2 ─ 203.0.113.1 isp 198.51.100.1 ─ 198.51.100.77 remote
#   web .80 ─┘ 192.168.10.0/24  eth2 .1 ─ 192.168.20.25 mail

router_rules() {
  cat <<'RULES'
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -s 192.168.0.0/16 -i eth0 -j DROP
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A FORWARD -o eth0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 203.0.113.2/32 -p tcp -m tcp --dport 80 -m comment --comment "web" -j DNAT --to-destination 192.168.10.80
-A PREROUTING -d 203.0.113.2/32 -p tcp -m tcp --dport 2222 -m comment --comment "ssh to web" -j DNAT --to-destination 192.168.10.80:22
-A PREROUTING -d 203.0.113.2/32 -p tcp -m tcp --dport 25 -m comment --comment "mail" -j DNAT --to-destination 192.168.20.25
-A POSTROUTING -s 192.168.10.0/24 -d 192.168.10.0/24 -o eth1 -m conntrack --ctstate DNAT -m comment --comment "hairpin" -j SNAT --to-source 192.168.10.1
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:inside-out - [0:0]
:log-drop - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 5/sec -j ACCEPT
-A INPUT -i eth1 -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -i eth0 -p tcp -m tcp --dport 113 -j REJECT --reject-with tcp-reset
-A INPUT -i eth1 -j REJECT --reject-with icmp-port-unreachable
-A INPUT -j log-drop
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -i eth1 -o eth0 -g inside-out
-A FORWARD -i eth1 -o eth2 -j ACCEPT
-A FORWARD -i eth2 -o eth0 -p tcp -m multiport --dports 25,53,80,443 -j ACCEPT
-A FORWARD -i eth2 -o eth0 -p udp -m udp --dport 53 -j ACCEPT
-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
-A FORWARD -i eth2 -o eth1 -j REJECT --reject-with icmp-admin-prohibited
-A FORWARD -j log-drop
-A inside-out -p tcp -m tcp --dport 25 -m comment --comment "only the mail server sends mail" -j REJECT --reject-with icmp-port-unreachable
-A inside-out -j ACCEPT
-A log-drop -m limit --limit 3/min -j LOG --log-prefix "dropped: "
-A log-drop -j DROP
COMMIT
RULES
}

build_router() {
  local name
  for name in host pc web mail isp remote switch; do namespace "$name"; done
  cable host eth0 203.0.113.2/29 isp eth0 203.0.113.1/29
  cable isp eth1 198.51.100.1/24 remote eth0 198.51.100.77/24
  cable host eth2 192.168.20.1/24 mail eth0 192.168.20.25/24

  at switch sysctl -qw net.bridge.bridge-nf-call-iptables=0
  at switch ip link add br0 type bridge mcast_snooping 0
  at switch ip link set br0 up
  plug host eth1 192.168.10.1/24
  plug pc eth0 192.168.10.20/24
  plug web eth0 192.168.10.80/24
  local one two
  for one in "host eth1" "pc eth0" "web eth0"; do
    for two in 192.168.10.1 192.168.10.20 192.168.10.80; do
      at ${one% *} ip neigh replace $two dev ${one#* } lladdr "$(mac $two)" nud permanent
    done
  done

  at host ip link set eth0 mtu 1492   # as behind PPPoE; the other end of the cable must agree
  at isp ip link set eth0 mtu 1492
  at isp ip link set eth1 mtu 1400    # a narrow place further on
  at remote ip link set eth0 mtu 1400
  at host ip route add default via 203.0.113.1
  at host ip route add unreachable 10.0.0.0/8
  at host ip route add prohibit 172.16.0.0/12
  at host ip route add blackhole 192.168.0.0/16
  at pc ip route add default via 192.168.10.1
  at web ip route add default via 192.168.10.1
  at mail ip route add default via 192.168.20.1
  at remote ip route add default via 198.51.100.1
  at isp sysctl -qw net.ipv4.ip_forward=1
  # Whether a redirect is sent depends on when the last one was.
  at host sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth1.send_redirects=0 \
    net.ipv4.conf.all.rp_filter=1
  router_rules | at host iptables-restore
  for name in web mail remote; do serve "$name" 80; done
  serve mail 25 # it says no word of SMTP, but it answers
}

plug() { # NAMESPACE DEVICE ADDRESS/LENGTH: into the switch
  ip link add name "$2" netns "sluice-$1" address "$(mac "$3")" type veth peer name "to-$1" netns sluice-switch
  end "$1" "$2" "$3"
  at switch ip link set "to-$1" master br0 up
  plain_device at switch "to-$1"
}

# Two datagrams, a while apart: what the first brought about is an error for the second.
datagrams() { echo "exec 3<>/dev/udp/$1/$2; head -c $3 /dev/zero >&3; sleep 0.2; head -c $3 /dev/zero >&3"; }

record_router() {
  build_router
  bridges_calm_down
  dump_host edge-router
  story inside-curl at pc $(web http://198.51.100.77/)
  story inside-ping at pc busybox ping -c 2 -i 0.1 198.51.100.77
  story inside-ping-large at pc busybox ping -c 1 -s 3000 198.51.100.77
  story inside-ttl-ends-here at pc busybox ping -c 1 -W 1 -t 1 198.51.100.77
  story inside-ttl-ends-beyond at pc busybox ping -c 1 -W 1 -t 2 198.51.100.77
  story inside-port-unreachable at pc bash -c "$(datagrams 198.51.100.77 9999 5)"
  story inside-too-big-here at pc bash -c "$(datagrams 198.51.100.77 9999 1472)"
  story inside-too-big-beyond at pc bash -c "$(datagrams 198.51.100.77 9998 1422)"
  story inside-smtp-refused at pc $(web http://198.51.100.77:25/)
  story inside-unreachable at pc $(web http://10.1.2.3/)
  story inside-prohibited at pc $(web http://172.16.1.1/)
  story inside-blackhole at pc $(patience=1 web http://192.168.77.1/)
  story inside-to-router-refused at pc $(web http://192.168.10.1:8080/)
  story inside-to-dmz at pc $(web http://192.168.20.25/)
  story hairpin at pc $(web http://203.0.113.2/)
  story outside-forwarded at remote $(web http://203.0.113.2/)
  story outside-forwarded-closed at remote $(web http://203.0.113.2:2222/)
  story outside-forwarded-to-dmz at remote $(web http://203.0.113.2:25/)
  story outside-ident-reset at remote $(web http://203.0.113.2:113/)
  story outside-ssh-dropped at remote $(patience=2 web http://203.0.113.2:22/)
  story outside-ping at remote busybox ping -c 2 -i 0.1 203.0.113.2
  story dmz-to-inside-prohibited at mail $(web http://192.168.10.80/)
  story dmz-out at mail $(web http://198.51.100.77/)
  story from-host at host $(web http://198.51.100.77/)
}
