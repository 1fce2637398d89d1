#!/usr/bin/env bash
# One sweep as a job array of Slurm: each task takes one part. A task that is run again, by hand or after --requeue, goes on
# where its file ends.
#
#   sbatch --array=1-64 deploy/slurm-array.sh SCENARIO SEEDS FOLDER [more options of sweep]
#   sbatch --array=1-64 deploy/slurm-array.sh raft/nemesis 0..1000000 /shared/nemesis --coverage
#   pessimist merge /shared/nemesis/part-*.jsonl --out /shared/nemesis/whole.jsonl
#
# The array must begin with 1 and leave out no number; merge names the parts that are missing. The folder is one that all
# machines share. PESSIMIST names the program, where it is not in the path.
#SBATCH --job-name=pessimist
#SBATCH --cpus-per-task=1
#SBATCH --requeue
set -euo pipefail
if [ $# -lt 3 ]; then
  echo "usage: sbatch --array=1-N $0 SCENARIO SEEDS FOLDER [more options of sweep]" >&2
  exit 2
fi
if [ -z "${SLURM_ARRAY_TASK_ID:-}" ] || [ -z "${SLURM_ARRAY_TASK_COUNT:-}" ]; then
  echo "$0 is a task of a job array; start it with: sbatch --array=1-N $0 $*" >&2
  exit 2
fi
scenario=$1 seeds=$2 folder=$3
shift 3
mkdir -p "$folder"

# A part that found something ends with 1. That is a result and no trouble: what merge says is what counts.
"${PESSIMIST:-pessimist}" sweep "$scenario" --seeds "$seeds" \
  --partition "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
  --out "$folder/part-$SLURM_ARRAY_TASK_ID.jsonl" "$@" || [ $? -eq 1 ]
