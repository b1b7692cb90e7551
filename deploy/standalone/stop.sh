#!/usr/bin/env bash
# Ends the cluster that start.sh started below DIR, with its executors: stop.sh DIR
set -euo pipefail

dir="$(cd "${1:?usage: stop.sh DIR}" && pwd)"

# Spark's processes in a process group: the number may have gone to somebody else by now.
members() {
  ps -eo pid=,pgid=,args= | awk -v group="$1" '$2 == group && /org\.apache\.spark\./ { print $1 }'
}

end() {
  local signal="$1" file pids=""
  for file in "$dir"/pids/worker-* "$dir"/pids/master; do
    [[ ! -f "$file" ]] || pids+=" $(members "$(<"$file")")"
  done
  read -r -a pids <<<"${pids//$'\n'/ }"
  ((${#pids[@]})) && kill "-$signal" "${pids[@]}" 2>/dev/null
}

for ((i = 0; i < 100; i++)); do
  if ((i % 50 == 0)); then
    end TERM || break
  else
    end 0 || break
  fi
  sleep 0.2
done
end KILL || true
rm -rf "$dir/pids" "$dir/local" "$dir/tmp"
