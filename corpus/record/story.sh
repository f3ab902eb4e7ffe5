# A host's directory and the stories told there. Sourced by record.sh.

dump_host() { # NAME: dumps of the namespace "host", counters and conntrack empty, into hosts/NAME
  host_name=$1
  rm -rf "${hosts:?}/$host_name"
  mkdir -p "$hosts/$host_name/recorded"
  quiet
  at host sh "$tools/../collect.sh" "$hosts/$host_name" 2>"$work/collect.messages"
  cat "$work/collect.messages" >&2
}

# Counters and conntrack as they are in the dumps.
# Restoring the rules also fills the buckets of every limit again.
quiet() {
  at host iptables-save >"$work/rules"
  at host iptables-restore "$work/rules"
  at host conntrack -F >/dev/null 2>&1
}

without_comments() { sed '/^#/d' "$@"; }

# story NAME COMMAND...: the command talks to the host, or through it; what it says goes to client.txt.
story() {
  local name=$1 dir=$hosts/$host_name/recorded/$1 observer status=0
  shift
  echo "-- $host_name/$name"
  mkdir -p "$dir"
  quiet
  if ! diff <(without_comments "$hosts/$host_name/iptables.save") <(at host iptables-save -c | without_comments); then
    echo "the rules are not those of the dump any more" >&2
    return 1
  fi
  spawn "$work/observed" $(entry host) python3 -B "$tools/observe.py" "$dir"
  observer=$!
  wait_for "the observer" grep -q watching "$work/observed"
  # "at desk curl ..." is told as "desk$ curl ..."
  "$@" >"$work/said" 2>&1 || status=$?
  { telling "$@"; tr -d '\r' <"$work/said"; echo "exit code $status"; } >"$dir/client.txt"
  sleep "${linger:-0.4}"
  at host conntrack -L >"$dir/conntrack.after" 2>/dev/null
  kill "$observer"
  at host iptables-save -c >"$dir/iptables.after"
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
