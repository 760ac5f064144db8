"""Small files under the names that the README and the pages use, in place of a reader's own."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

from benchmark_runs import write_run

from anomalog_exp.data.demo.text import LABELS, LOG, write_demo_log
from anomalog_exp.progress import SILENT
from tests.docs.shown import written
from tests.tiny import tiny

_STEPS = ("opened", "paid in 12 ms", "packed by worker 7", "sent as parcel 991", "closed")


def write_stand_ins(folder: Path) -> None:
    """Write all of them below `folder`."""
    _hdfs(folder)
    tiny("bgl", folder / "bgl")
    (folder / "bgl/BGL.log").rename(folder / "BGL.log")
    tiny("openstack_sessions", folder / "sessions")
    _write(folder / "app.log", (_app(i) for i in range(1000)))
    _write(folder / "logs/web.log", (_app(i) for i in range(400, 700)))
    _write(folder / "logs/web.log.1", (_app(i) for i in range(400)))
    (folder / "logs/db.log.gz").write_bytes(
        gzip.compress("".join(f"{_app(i)}\n" for i in range(400)).encode())
    )
    for number, run in enumerate(("healthy1", "healthy2", "healthy3", "healthy4", "healthy5")):
        write_run(folder / "runs" / run, "java", number, requests=60)
    write_run(folder / "runs/faulty", "java", 7, "an error five times", requests=60)
    _write(folder / "yesterday.log", (_app(i) for i in range(600)))
    _write(folder / "today.log", (_app(i).replace("step 3", "retry 3") for i in range(600)))
    _write(folder / "traces.log", (_traced(i) for i in range(600)))
    _write(folder / "orders.log", (_order(i) for i in range(3000)))
    _write(folder / "orders.jsonl", (_order_as_json(i) for i in range(3000)))
    anomalous = [f"order-{order},anomaly" for order in range(1000, 1600) if _times_out(order)]
    _write(folder / "labels.csv", ["order,verdict", *anomalous])
    _write(folder / "access.log", (_access(i) for i in range(1000)))
    for name, line in (("web", _access), ("orders", _order_as_json), ("cron", _cron)):
        _write(folder / f"services/{name}.log", (line(i) for i in range(1000)))
    incidents = ["begin,end", "2024-05-01T10:15:00Z,2024-05-01T10:18:30Z", "2024-05-01T10:45:00Z,"]
    _write(folder / "incidents.csv", incidents)
    _write(folder / "Apache.log", (_apache(i) for i in range(600)))
    _write(folder / "OpenStack.log", (_openstack(i) for i in range(600)))
    for version, apart in (("", True), ("_corrected", False)):
        truth = ["Content,EventId,EventTemplate", *(_truth(i, apart) for i in range(40))]
        _write(folder / f"Apache/Apache_structured{version}.csv", truth)
    for name, text in written().items():
        _write(folder / name, [text.rstrip()])


def _hdfs(folder: Path) -> None:
    """An archive where a download would put it, and under the name that a reader's copy has."""
    write_demo_log(folder / "hdfs", lines=3000, seed=1, anomaly_fraction=0.1, progress=SILENT)
    (folder / "tomorrow.log").symlink_to(folder / "hdfs" / LOG)
    place = folder / "data/hdfs_v1/HDFS_v1.zip"
    place.parent.mkdir(parents=True)
    with zipfile.ZipFile(place, "w") as archive:
        for name in (LOG, LABELS):
            archive.write(folder / "hdfs" / name, name)
    (folder / "HDFS_v1.zip").symlink_to(place)


def _app(i: int) -> str:
    return f"2024-05-01 10:{i // 60 % 60:02d}:{i % 60:02d} INFO worker-{i % 7}: step {i} done"


def _traced(i: int) -> str:
    trace = (
        f"\njava.io.IOException: no file {i}\n\tat shop.Main.main(Main.java:3)"
        if i % 50 == 7
        else ""
    )
    return f"{_app(i)}{trace}"


def _times_out(order: int) -> bool:
    return order % 25 == 11


def _order_parts(i: int) -> tuple[str, str, str]:
    order, step = 1000 + i // 5, i % 5
    level, message = "INFO", _STEPS[step]
    if step >= 3 and _times_out(order):
        level, message = "ERROR", "payment service timed out after 30 s"
    return level, f"order-{order}", message


def _order(i: int) -> str:
    level, order, message = _order_parts(i)
    return f"2024-05-01 {10 + i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d} {level} shop: {order} {message}"


def _order_as_json(i: int) -> str:
    level, order, message = _order_parts(i)
    return f'{{"at": {1714557600000 + 1000 * i}, "severity": "{level}", "order": "{order}", "text": "{message}"}}'


def _access(i: int) -> str:
    status = 500 if 800 <= i < 860 else 200
    when = f"01/May/2024:10:{i // 60:02d}:{i % 60:02d} +0000"
    return f'10.0.0.{i % 9} - - [{when}] "GET /item/{i % 50} HTTP/1.1" {status} {100 + i}'


def _cron(i: int) -> str:
    return f"May  1 10:{i // 60:02d}:{i % 60:02d} web1 cron[{i}]: job {i} ran"


def _apache(i: int) -> str:
    return (
        f"[Sun Dec 04 {i // 60 % 24:02d}:{i % 60:02d}:00 2005] [notice] jk2_init() Found child {i}"
    )


def _truth(i: int, apart: bool) -> str:
    """A message, its id and its template, which may be one of its own for slot 0."""
    if i % 4 == 0:
        return "server ready,E1,server ready"
    slot = i % 5
    if apart and slot == 0:
        return f"child {i} found in slot 0,E2,child <*> found in slot 0"
    return f"child {i} found in slot {slot},E3,child <*> found in slot <*>"


def _openstack(i: int) -> str:
    instance = f"{i % 40:08x}-0000-4000-8000-000000000000"
    return (
        f"nova-compute.log 2017-05-16 00:{i // 60 % 60:02d}:{i % 60:02d}.001 2931 INFO nova.virt "
        f"[req-{i}] [instance: {instance}] Creating image"
    )


def _write(path: Path, lines) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
