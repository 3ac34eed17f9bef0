#!/bin/bash
# Runs a job array on a Slurm cluster of two nodes, one of which is lost while it
# works on a shard.
#
# usage: lose_a_node.sh FOLDER SCRIPT
#
# The cluster (munged, slurmctld and two slurmd, as Debian ships them) lives in
# namespaces of its own: its processes end with this script, whatever happens, its
# ports are on a network that nobody else sees, and its files are in FOLDER. SCRIPT
# is given to sbatch in the current folder. Each node is a namespace of processes,
# so that killing the first process of a node takes everything on it, as a power
# cut would. The controller notices by itself, and runs the shard on the node that
# is left. Prints which shard was lost and how often it was started again.
set -euo pipefail
folder=$(realpath "$1")
script=$(realpath "$2")

if [ -z "${POWERCUT_SLURM_INSIDE:-}" ]; then
  POWERCUT_SLURM_INSIDE=1 exec timeout --signal=KILL 300 \
    unshare --pid --net --uts --mount --ipc --fork --kill-child --mount-proc \
    "$0" "$folder" "$script"
fi

export SLURM_CONF=$folder/slurm.conf
address=10.77.0.1
nodes=(n1 n2)
declare -A processes  # the first process of each node

# Slurm looks names up in a way that needs an address beside 127.0.0.1.
set_up_network() {
  hostname powercut-slurm
  ip link set lo up
  ip address add "$address/32" dev lo
}

# A node counts as lost when it has not answered for SlurmdTimeout. A requeued job
# may begin when the credentials of its first run are no longer valid.
write_configuration() {
  local port=17000 node
  cat >"$SLURM_CONF" <<CONFIGURATION
ClusterName=powercut
SlurmctldHost=powercut-slurm($address)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0
SlurmdTimeout=2
PartitionName=all Nodes=ALL Default=YES State=UP
CONFIGURATION
  for node in "${nodes[@]}"; do
    port=$((port + 1))
    echo "NodeName=$node NodeHostname=powercut-slurm NodeAddr=$address" \
      "Port=$port CPUs=1" >>"$SLURM_CONF"
    mkdir "$folder/spool.$node"
  done
  mkdir "$folder/state"
}

start_cluster() {
  head -c 1024 /dev/urandom >"$folder/munge.key"
  chmod 600 "$folder/munge.key"
  munged --foreground --force --socket="$folder/munge.socket" \
    --key-file="$folder/munge.key" --seed-file="$folder/munge.seed" \
    --pid-file="$folder/munge.pid" --log-file="$folder/munge.log" \
    >"$folder/munged.log" 2>&1 &
  until [ -S "$folder/munge.socket" ]; do sleep 0.1; done
  slurmctld -D >"$folder/slurmctld.out" 2>&1 &
  local node
  for node in "${nodes[@]}"; do
    unshare --pid --fork --kill-child --mount-proc \
      slurmd -D -N "$node" >"$folder/slurmd.$node.out" 2>&1 &
    processes[$node]=$!
  done
  until [ "$(sinfo --noheader --Node --format=%T 2>/dev/null | sort -u)" = idle ]
  do sleep 0.2; done
}

# The number of the shard that a process of powercut explores on a node. Empty if
# there is none.
shard_on() {  # NODE
  local process name word node shard
  for process in /proc/[0-9]*; do
    # A process may end while it is looked at.
    { read -r name <"$process/comm"; } 2>/dev/null || continue
    [ "$name" = powercut ] || continue
    node='' shard=''
    while IFS= read -r -d '' word; do
      case $word in
        SLURMD_NODENAME=*) node=${word#*=} ;;
        SLURM_ARRAY_TASK_ID=*) shard=${word#*=} ;;
      esac
    done 2>/dev/null <"$process/environ" || true
    [ "$node" = "$1" ] || continue
    echo "$shard"
    return
  done
}

set_up_network
write_configuration
start_cluster
job=$(sbatch --parsable "$script")
until lost=$(shard_on n2) && [ -n "$lost" ]; do sleep 0.02; done
kill -KILL "${processes[n2]}"
if [ -e "shard$lost.json" ]; then
  echo "shard $lost had ended before its node was lost" >&2
  exit 1
fi
echo "lost: shard $lost"
while [ -n "$(squeue --noheader --job="$job" 2>/dev/null)" ]; do sleep 0.2; done
scontrol show job "${job}_$lost" | grep -oE 'JobState=[A-Z]+|Restarts=[0-9]+|NodeList=n.*'
