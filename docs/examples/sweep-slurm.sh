#!/bin/bash
# A study as an array of Slurm tasks on a shared file system. Submit it, and the merge after it:
#   job=$(sbatch --parsable docs/examples/sweep-slurm.sh)
#   sbatch --dependency=afterany:$job --wrap 'smmuscope merge shard-*.json --json --output study.json'
# A task that is killed or requeued goes on where it was: finished points are in the folder results.
#SBATCH --job-name=sweep
#SBATCH --array=1-3
#SBATCH --cpus-per-task=4
#SBATCH --requeue
set -u
i=$SLURM_ARRAY_TASK_ID
n=$SLURM_ARRAY_TASK_COUNT
smmuscope sweep docs/examples/study.yaml --shard "$i/$n" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
  --results results --json --output "shard-$i.json"
