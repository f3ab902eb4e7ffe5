#!/bin/sh
# Writes down what this host's netfilter is made of, for Sluice to read: collect.sh DIRECTORY   (as root)
#
# One file a subject, each the plain output of the tool of that name; a tool that is absent or fails is named on
# standard error and costs only its own file. Nothing on the host is changed. The sysctls are read without the secrets
# among them.
set -u
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH

[ $# -eq 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
mkdir -p "$1" && cd "$1" || exit 1

say() { echo "collect.sh: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# dump FILE COMMAND...: the file is there only if the command said something.
dump() {
  file=$1
  shift
  have "$1" || { say "no '$1' here: $file is left out"; return 0; }
  "$@" >"$file" 2>.errors || say "'$*' failed: $(tail -n 1 .errors)"
  [ -s "$file" ] || rm -f "$file"
}

# holds_rules FILE: more than built-in chains that accept everything.
holds_rules() { grep -q -e '^-A ' -e '^\[[0-9]*:[0-9]*\] -A ' -e '^:[^ ]* [^A]' "$1" 2>/dev/null; }

# rules FILE TOOL: the kernel walks the rules of both back ends, whichever of them "iptables" means today. FILE is
# what TOOL prints, unless that is nothing and the other back end has rules. If both have, the other is kept beside
# it as FILE.legacy or FILE.nft, with a warning.
rules() {
  dump "$1" "$2-save" -c
  for backend in nft legacy; do
    other=$2-$backend-save
    have "$other" || continue
    "$other" -c >.other 2>/dev/null
    holds_rules .other || continue
    grep -q -v '^#' "$1" 2>/dev/null || : >"$1"
    # The same rules but for comments and counters: it is the back end that was asked already.
    if [ "$(sed -e '/^#/d' -e 's/\[[0-9:]*\]//' "$1")" = "$(sed -e '/^#/d' -e 's/\[[0-9:]*\]//' .other)" ]; then
      continue
    elif holds_rules "$1"; then
      say "both back ends of $2 hold rules: those of $other are in $1.$backend"
      cat .other >"$1.$backend"
    else
      say "$2-save shows no rules; $1 is from $other"
      cat .other >"$1"
    fi
  done
  [ -s "$1" ] || rm -f "$1"
}

# "key = value" as sysctl -a prints it: a dot in an interface's name becomes a slash. Left out are the settings of
# programs' sockets and of neighbour discovery, which no packet on its way through the host meets: most of them all.
sysctls() {
  find "$@" -type f ! -name '*_key' ! -name flush ! -path '*/neigh/*' ! -path '*/nf_log/*' ! -path '*/ipv4/tcp_*' \
    ! -name 'udp_*' ! -name 'arp_*' ! -name '*igmp*' \( ! -path '*/ipv6/*' -o -name '*forwarding' \
    -o -name disable_ipv6 -o -name hop_limit -o -name mtu -o -name accept_redirects -o -name accept_source_route \
    -o -name proxy_ndp -o -name seg6_enabled -o -name rpl_seg_enabled \) \
    -exec grep -s '' /dev/null {} + |
    LC_ALL=C awk '{
      colon = index($0, ":"); path = substr($0, 11, colon - 11); value = substr($0, colon + 1)
      count = split(path, part, "/"); key = ""
      for (i = 1; i <= count; i++) { gsub(/\./, "/", part[i]); key = key (i > 1 ? "." : "") part[i] }
      print key " = " value
    }' | sort
}

rules iptables.save iptables
rules ip6tables.save ip6tables
dump ipset.save ipset save
dump addr ip -d addr
dump route ip route show table all
dump route6 ip -6 route show table all
dump rule ip rule
dump rule6 ip -6 rule
dump bridge bridge link
dump neigh ip neigh
dump maddr ip maddr
dump conntrack conntrack -L -f ipv4
if have conntrack; then conntrack -L -f ipv6 2>/dev/null >>conntrack; fi
[ -s conntrack ] || rm -f conntrack

trees=
for tree in ipv4 ipv6/conf netfilter bridge; do
  [ -d "/proc/sys/net/$tree" ] && trees="$trees /proc/sys/net/$tree"
done
# shellcheck disable=SC2086 # a list of words
if [ -n "$trees" ]; then sysctls $trees >sysctl; else say "no /proc/sys/net here"; fi
rm -f .errors .other
