"""A small log in the format of each data set that ships, and the overrides that read it."""

from __future__ import annotations

import random
from pathlib import Path

from anomalog_exp.data.demo_text import write_demo_log
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
        second = 1117838570 + 10 * i
        alert = rng.random() < 0.03
        message = "data TLB error interrupt" if alert else rng.choice(_BGL_MESSAGES).format(i)
        head = f"{'KERNDTLB' if alert else '-'} {second} 2005.06.03 {node} NULL {node}"
        lines.append(f"{head} RAS KERNEL {'FATAL' if alert else 'INFO'} {message}")
        alerts.append(alert)
    (folder / "BGL.log").write_text("\n".join(lines) + "\n")
    return _local(folder)


def _local(folder: Path) -> list[str]:
    return ["dataset/source=local_dir", f"dataset.source.path={folder}"]


_BGL_MESSAGES = (
    "instruction cache parity error corrected",
    "generating core.{}",
    "CE sym {}, at 0x0b85eee0, mask 0x05",
    "{} double-hummer alignment exceptions",
)

_WRITERS = {"demo": _demo, "hdfs": _hdfs, "bgl": _bgl}
