"""A real Slurm on this machine, for tests and for trying things out: one controller, one node.

  python scripts/slurm_cluster.py          # runs until Ctrl-C; says how to use it in another shell
  python scripts/slurm_cluster.py --cpus 4

It needs root and the programs of Slurm and MUNGE (on Debian: apt-get install slurm-wlm munge), and no
systemd. Everything is in a folder of its own, with a key and ports of its own, so that it meets no other
cluster, and is gone when the block or the command ends. There are no control groups and no accounting.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp

__all__ = ["slurm_cluster", "why_no_cluster"]

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sinfo", "sbatch")
_START_S = 30.0

_CONF = """\
ClusterName=here
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthType=auth/munge
# A requeued job waits until the credential of its last start has expired: 2 minutes by default.
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
KillWait=1
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
# As many cores and as much memory as this says, whatever the machine has.
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory_mb} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_no_cluster() -> str | None:
    """Why no cluster can be started here; None if it can."""
    if os.geteuid() != 0:
        return "needs root, to start the daemons of Slurm"
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    return f"needs {', '.join(missing)}: apt-get install slurm-wlm munge" if missing else None


@contextmanager
def slurm_cluster(*, cpus: int = 2, memory_mb: int = 16_000) -> Iterator[Path]:
    """A cluster that takes jobs inside the block; its jobs and its files end with the block.

    Args:
        cpus: Cores that its node claims to have.
        memory_mb: Memory that it claims to have.

    Yields:
        The path for `SLURM_CONF` in the environment of every command of Slurm.
    """
    folder = Path(mkdtemp(prefix="slurm-", dir="/tmp"))
    conf = folder / "slurm.conf"
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    controller_port, node_port = _free_ports(2)
    conf.write_text(
        _CONF.format(
            host=socket.gethostname().partition(".")[0],
            folder=folder,
            cpus=cpus,
            memory_mb=memory_mb,
            controller_port=controller_port,
            node_port=node_port,
        )
    )
    environment = os.environ | {"SLURM_CONF": str(conf)}
    munged = [
        "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
        f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log",
        f"--seed-file={folder}/munged.seed", "--num-threads=2",
    ]  # fmt: skip
    try:
        with ExitStack() as daemons:
            daemons.enter_context(_daemon(munged, environment))
            _wait_until((folder / "munge.socket").exists, "MUNGE")
            daemons.enter_context(_daemon(["slurmctld", "-D", "-i"], environment))
            daemons.enter_context(_daemon(["slurmd", "-D"], environment))
            daemons.callback(_end_jobs, environment)
            _wait_until(lambda: _said(["sinfo", "-h", "-o", "%T"], environment) == "idle", "Slurm")
            yield conf
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _daemon(line: Sequence[str], environment: dict[str, str]) -> Iterator[None]:
    """A daemon that runs inside the block."""
    process = subprocess.Popen(
        line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_jobs(environment: dict[str, str]) -> None:
    """Cancel what still runs: jobs would outlive their node's daemon."""
    _said(["scancel", "--partition=main"], environment)
    _wait_until(lambda: not _said(["squeue", "-h"], environment), "the end of all jobs")


def _said(line: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=30)
    return done.stdout.strip()


def _wait_until(is_so: Callable[[], object], what: str) -> None:
    give_up = time.monotonic() + _START_S
    while not is_so():
        if time.monotonic() > give_up:
            raise TimeoutError(f"waited {_START_S:.0f} s for {what}")
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def main() -> int:
    """Keep a cluster until Ctrl-C; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cpus", type=int, default=os.cpu_count() or 1, help="of its node")
    asked = parser.parse_args()
    if reason := why_no_cluster():
        print(f"error: {reason}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with slurm_cluster(cpus=asked.cpus) as conf:
        print(f"export SLURM_CONF={conf}\nCtrl-C ends the cluster and its jobs.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
