# The same kind of router for IPv6. Sourced by record.sh.
# shellcheck shell=bash disable=SC2154,SC2046 # names are the caller's; web and entry are lists of words
#
#   pc 2001:db8:10::20 ─ eth1 ::1 [host] eth0 2001:db8:1::2 ─ 2001:db8:1::1 isp 2001:db8:7::1 ─ 2001:db8:7::77 remote

router6_rules() {
  cat <<'RULES'
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
-A PREROUTING -d 2001:db8:1::2/128 -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination [2001:db8:10::20]:80
-A POSTROUTING -s fd00:10::/64 -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT
-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT
-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -m hl --hl-eq 255 -j ACCEPT
-A INPUT -i eth0 -p tcp -m tcp --dport 113 -j REJECT --reject-with tcp-reset
-A INPUT -j REJECT --reject-with icmp6-port-unreachable
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -m rt --rt-type 0 -j DROP
-A FORWARD -i eth1 -o eth0 -j ACCEPT
-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
-A FORWARD -d 2001:db8:10::20/128 -i eth0 -p tcp -m multiport --dports 80,443 -j ACCEPT
-A FORWARD -i eth0 -j REJECT --reject-with icmp6-adm-prohibited
COMMIT
RULES
}

namespace6() { # NAME: IPv6, but none of the addresses and announcements that it makes up itself
  ip netns add "sluice-$1"
  namespaces+=("sluice-$1")
  at "$1" ip link set lo up
  at "$1" sysctl -qw net.ipv6.conf.default.addr_gen_mode=1 net.ipv6.conf.default.router_solicitations=0 \
    net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0
}

cable6() { # NAMESPACE DEVICE MAC ADDRESS NAMESPACE DEVICE MAC ADDRESS
  ip link add name "$2" netns "sluice-$1" address "$3" type veth peer name "$6" netns "sluice-$5" address "$7"
  end6 "$1" "$2" "$4"
  end6 "$5" "$6" "$8"
  at "$1" ip neigh replace "$8" dev "$2" lladdr "$7" nud permanent
  at "$5" ip neigh replace "$4" dev "$6" lladdr "$3" nud permanent
}

end6() { # NAMESPACE DEVICE ADDRESS
  plain_device at "$1" "$2"
  at "$1" ip link set "$2" up
  at "$1" ip addr add "$3/64" dev "$2" nodad
}

record_router6() {
  local name
  for name in host pc isp remote; do namespace6 "$name"; done
  cable6 host eth0 02:00:00:00:01:02 2001:db8:1::2 isp eth0 02:00:00:00:01:01 2001:db8:1::1
  cable6 isp eth1 02:00:00:00:07:01 2001:db8:7::1 remote eth0 02:00:00:00:07:77 2001:db8:7::77
  cable6 host eth1 02:00:00:00:10:01 2001:db8:10::1 pc eth0 02:00:00:00:10:20 2001:db8:10::20
  at host ip addr add fd00:10::1/64 dev eth1 nodad
  at pc ip addr add fd00:10::20/64 dev eth0 nodad
  at host ip neigh replace fd00:10::20 dev eth1 lladdr 02:00:00:00:10:20 nud permanent
  at pc ip neigh replace fd00:10::1 dev eth0 lladdr 02:00:00:00:10:01 nud permanent
  for name in host isp; do at $name sysctl -qw net.ipv6.conf.all.forwarding=1; done
  at host ip link set eth0 mtu 1480  # a tunnel
  at isp ip link set eth0 mtu 1480
  at isp ip link set eth1 mtu 1400
  at remote ip link set eth0 mtu 1400
  at pc ip route add default via 2001:db8:10::1
  at pc ip route add 2001:db8:7::11 via 2001:db8:10::1 hoplimit 1
  at pc ip route add 2001:db8:7::22 via 2001:db8:10::1 hoplimit 2
  at host ip route add default via 2001:db8:1::1
  at host ip route add unreachable 2001:db8:dead::/48
  at isp ip route add 2001:db8:10::/48 via 2001:db8:1::2
  at remote ip route add default via 2001:db8:7::1
  router6_rules | at host ip6tables-restore
  serve pc 80
  serve remote 80
  bridges_calm_down
  dump_host edge-router6
  story inside-curl at pc $(web 'http://[2001:db8:7::77]/')
  story inside-curl-masqueraded at pc $(web 'http://[2001:db8:7::77]/') --interface fd00:10::20
  story inside-ping at pc busybox ping -6 -c 2 -i 0.1 2001:db8:7::77
  story inside-hop-limit-ends-here at pc busybox ping -6 -c 1 -W 1 2001:db8:7::11
  story inside-hop-limit-ends-beyond at pc busybox ping -6 -c 1 -W 1 2001:db8:7::22
  story inside-port-unreachable at pc bash -c "$(datagrams 2001:db8:7::77 9999 5)"
  story inside-too-big-here at pc bash -c "$(datagrams 2001:db8:7::77 9999 1452)"
  story inside-too-big-beyond at pc bash -c "$(datagrams 2001:db8:7::77 9998 1402)"
  story inside-unreachable at pc $(web 'http://[2001:db8:dead::1]/')
  story inside-to-router-refused at pc $(web 'http://[2001:db8:10::1]/')
  story outside-allowed at remote $(web 'http://[2001:db8:10::20]/')
  story outside-prohibited at remote $(web 'http://[2001:db8:10::20]:22/')
  story outside-forwarded at remote $(web 'http://[2001:db8:1::2]:8080/')
  story outside-ident-reset at remote $(web 'http://[2001:db8:1::2]:113/')
  story outside-ping at remote busybox ping -6 -c 2 -i 0.1 2001:db8:1::2
}
