# A host's directory and the stories told there. Sourced by record.sh.
# shellcheck shell=bash disable=SC2154,SC2046 # names are the caller's; web and entry are lists of words

dump_host() { # NAME: dumps of the namespace "host", counters and conntrack empty, into hosts/NAME
  host_name=$1
  rm -rf "${hosts:?}/$host_name"
  mkdir -p "$hosts/$host_name"
  local try
  for try in {1..20}; do # now and then a program sends something of its own just now
    quiet
    at host sh "$tools/../collect.sh" "$hosts/$host_name"
    grep -q '\[[0-9]*:[1-9]' "$hosts/$host_name/"ip*tables.save || return 0
    sleep 1
  done
  echo "$host_name is never quiet" >&2
  return 1
}

# Counters and conntrack as they are in the dumps.
# Restoring the rules also fills the buckets of every limit again.
quiet() {
  local family
  for family in iptables ip6tables; do
    at host $family-save >"$work/rules"
    at host $family-restore "$work/rules"
  done
  at host conntrack -F >/dev/null 2>&1
}

families() { # of the host's rules
  local family
  for family in iptables ip6tables; do [ ! -e "$hosts/$host_name/$family.save" ] || echo $family; done
}

without_comments() { sed '/^#/d' "$@"; }

# story NAME COMMAND...: the command talks to the host, or through it; what it says goes to client.txt.
story() {
  local name=$1 dir=$hosts/$host_name/recorded/$1 observer status=0 family
  shift
  echo "-- $host_name/$name"
  mkdir -p "$dir"
  quiet
  for family in $(families); do
    if ! diff <(without_comments "$hosts/$host_name/$family.save") <(at host $family-save -c | without_comments); then
      echo "the rules are not those of the dump any more" >&2
      return 1
    fi
  done
  spawn "$work/observed" $(entry host) python3 -B "$tools/observe.py" "$dir"
  observer=$!
  wait_for "the observer" grep -q watching "$work/observed"
  # "at desk curl ..." is told as "desk$ curl ..."
  "$@" >"$work/said" 2>&1 || status=$?
  { telling "$@"; tr -d '\r' <"$work/said"; echo "exit code $status"; } >"$dir/client.txt"
  sleep "${linger:-0.4}"
  { at host conntrack -L -f ipv4; at host conntrack -L -f ipv6; } >"$dir/conntrack.after" 2>/dev/null
  kill "$observer"
  for family in $(families); do at host $family-save -c >"$dir/$family.after"; done
  wait "$observer" || { cat "$work/observed" >&2; return 1; }
  sed -n 's/^since first packet: /conntrack.after /p' "$work/observed" >"$dir/clock"
}

telling() {
  local who=$2
  case $1 in
    at) shift 2 ;;
    in_*) who=${1#in_}; shift ;;
  esac
  printf '%s$' "$who"
  for who in "$@"; do
    case $who in *[\ \;\&]*) printf " '%s'" "$who" ;; *) printf ' %s' "$who" ;; esac
  done
  echo
}

# The client of most stories; -v says the error in the system's words.
web() { echo curl -v -sS --max-time "${patience:-3}" "$1"; }
