#!/usr/bin/env bash
# One sweep on all cores of one machine, or of several, with GNU parallel. Run it again after any interruption: it goes on.
#
#   deploy/parallel.sh SCENARIO SEEDS PARTS FOLDER [more options of sweep]
#   deploy/parallel.sh raft/nemesis 0..1000000 64 /shared/nemesis --coverage
#
# PESSIMIST names the program, where it is not in the path. PARALLEL_OPTIONS goes to parallel, for instance
# "--sshlogin server1,server2": then the folder must be one that all machines share.
set -euo pipefail
if [ $# -lt 4 ]; then
  echo "usage: $0 SCENARIO SEEDS PARTS FOLDER [more options of sweep]" >&2
  exit 2
fi
scenario=$1 seeds=$2 parts=$3 folder=$4
shift 4
pessimist=${PESSIMIST:-pessimist}
mkdir -p "$folder"

# A part that found something ends with 1. That is a result and no trouble: what merge says is what counts.
part() {
  "$1" sweep "$2" --seeds "$3" --partition "$4/$5" --jobs 1 --out "$6/part-$4.jsonl" "${@:7}" >/dev/null || [ $? -eq 1 ]
}
export -f part
# shellcheck disable=SC2086
seq 1 "$parts" | SHELL=$(type -p bash) parallel ${PARALLEL_OPTIONS:-} --halt soon,fail=1 --env part \
  part "$pessimist" "$scenario" "$seeds" {} "$parts" "$folder" "$@"
files=()
for number in $(seq 1 "$parts"); do files+=("$folder/part-$number.jsonl"); done
exec "$pessimist" merge "${files[@]}" --out "$folder/whole.jsonl"
