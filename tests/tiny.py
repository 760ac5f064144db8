"""A small log in the format of each data set that ships, and the overrides that read it."""

from __future__ import annotations

import random
from pathlib import Path

from anomalog_exp.data.demo.text import write_demo_log
from anomalog_exp.progress import SILENT


def tiny(dataset: str, folder: Path) -> list[str]:
    """Write a small log of the data set's format below `folder`."""
    folder.mkdir(parents=True)
    return _WRITERS[dataset](folder)


def _demo(folder: Path) -> list[str]:
    return ["dataset.source.lines=3000"]


def _hdfs(folder: Path) -> list[str]:
    write_demo_log(folder, lines=3000, seed=1, anomaly_fraction=0.1, progress=SILENT)
    return _local(folder)


def _bgl(folder: Path) -> list[str]:
    rng = random.Random(1)
    lines, alerts = [], []
    for i in range(3000):
        node = f"R{rng.randrange(4):02d}-M{rng.randrange(2)}-N{rng.randrange(8)}"
        second = 1117838570 + 60 * i
        alert = node.startswith("R00") and i // 100 % 10 == 7
        message = "data TLB error interrupt" if alert else rng.choice(_BGL_MESSAGES).format(i)
        head = f"{'KERNDTLB' if alert else '-'} {second} 2005.06.03 {node} NULL {node}"
        lines.append(f"{head} RAS KERNEL {'FATAL' if alert else 'INFO'} {message}")
        alerts.append(alert)
    (folder / "BGL.log").write_text("\n".join(lines) + "\n")
    return _local(folder)


def _thunderbird(folder: Path) -> list[str]:
    rng = random.Random(1)
    lines = []
    for i in range(3000):
        node = f"dn{rng.randrange(60)}"
        second = 1131566461 + 5 * i
        alert = i // 100 % 10 == 7 and node < "dn20"
        message = "kernel: Machine check events logged" if alert else rng.choice(_TB_MESSAGES)
        head = f"{'MCE' if alert else '-'} {second} 2005.11.09 {node} Nov 9 12:01:01 {node}/{node}"
        lines.append(f"{head} {message.format(i)}")
    (folder / "Thunderbird.log").write_text("\n".join(lines) + "\n")
    return [*_local(folder), "dataset.line_range=[100,2900]"]


def _sessions(folder: Path, prefix: str, ids: bool) -> list[str]:
    rng = random.Random(1)
    normal = ["1 2 3 4", "1 2 2 3 4", "1 3 2 4", "1 2 3 3 4"]
    parts = {
        "train": [rng.choice(normal) for _ in range(60)],
        "test_normal": [rng.choice([*normal, "1 2 3 2 3 4"]) for _ in range(60)],
        "test_abnormal": [rng.choice(["1 4", "1 9 2 3", "3 2 1 4", normal[0]]) for _ in range(20)],
    }
    for part, sessions in parts.items():
        named = [f"{part}-{i},{text}" if ids else text for i, text in enumerate(sessions)]
        (folder / f"{prefix}_{part}").write_text("\n".join(named) + "\n")
    return _local(folder)


def _local(folder: Path) -> list[str]:
    return ["dataset/source=local_dir", f"dataset.source.path={folder}"]


_BGL_MESSAGES = (
    "instruction cache parity error corrected",
    "generating core.{}",
    "CE sym {}, at 0x0b85eee0, mask 0x05",
    "{} double-hummer alignment exceptions",
)

_TB_MESSAGES = (
    "crond(pam_unix)[{}]: session closed for user root",
    "crond[{}]: (root) CMD (run-parts /etc/cron.hourly)",
    "sshd[{}]: connection from 10.0.0.1",
)

_WRITERS = {
    "demo": _demo,
    "hdfs": _hdfs,
    "bgl": _bgl,
    "thunderbird": _thunderbird,
    "spirit": _thunderbird,
    "hdfs_sessions": lambda folder: _sessions(folder, "hdfs", ids=False),
    "openstack_sessions": lambda folder: _sessions(folder, "openstack", ids=True),
}
