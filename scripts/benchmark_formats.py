"""How fast logs of each format become data sets, beside one that `format` describes.

    python scripts/benchmark_formats.py
    python scripts/benchmark_formats.py --lines 1_000_000 --only json logfmt

Every format tells the same requests. The least time of several builds counts, one format after the other
in each round, in one process: digest of the log, columns and templates, in an empty cache.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmark_case import load

from anomalog_exp.config import load_run_config
from anomalog_exp.text_table import text_table

_READ = "dataset.structured_parser"
_FORMAT = "format"
_BEGIN = datetime(2024, 5, 6, tzinfo=UTC)


def _request(i: int) -> tuple[datetime, str, str, int]:
    """Time, level, message and status."""
    text = f"request {i} of user u{i * 7919 % 1000} served from 10.0.{i % 256}.{i % 251} in {i % 97} ms"
    return _BEGIN + timedelta(milliseconds=37 * i), ("INFO", "WARN")[i % 50 == 0], text, 200 + i % 3


def _format(i: int) -> str:
    when, level, text, status = _request(i)
    return f"{when:%Y-%m-%d %H:%M:%S} {level} app{status}: {text}"


def _json(i: int) -> str:
    when, level, text, status = _request(i)
    fields = {"time": when.isoformat(), "level": level, "msg": text, "status": status}
    return json.dumps(fields | {"logger": "com.example.Service", "user": {"id": i, "name": "x"}})


def _logfmt(i: int) -> str:
    when, level, text, status = _request(i)
    return f'time={when.isoformat()} level={level} msg="{text}" status={status} logger=service'


def _csv(i: int) -> str:
    when, level, text, status = _request(i)
    return f"{when.isoformat()},{level},{text},{status}" if i else "time,level,msg,status"


def _syslog(i: int) -> str:
    when, _, text, status = _request(i)
    return f"{when:%b} {when.day:2d} {when:%H:%M:%S} host app[{status}]: {text}"


def _access(i: int) -> str:
    when, _, _, status = _request(i)
    return (
        f'10.0.{i % 256}.1 - - [{when:%d/%b/%Y:%H:%M:%S} +0000] "GET /item/{i % 997} HTTP/1.1" '
        f'{status} {i} "-" "Mozilla/5.0 (X11; Linux x86_64)"'
    )


def _log4j(i: int) -> str:
    when, level, text, _ = _request(i)
    return f"{when:%Y-%m-%d %H:%M:%S},{i % 1000:03d} [main] {level} com.example.Service - {text}"


def _several(i: int) -> str:
    return (_access, _json, _syslog)[i % 3](i)


FORMATS: dict[str, tuple[Callable[[int], str], list[str]]] = {
    _FORMAT: (
        _format,
        [
            f"{_READ}.format='<Date> <Time> <Level> <Component>: <Content>'",
            f"{_READ}.time_format='%Y-%m-%d %H:%M:%S'",
        ],
    ),
    **{
        name: (line, [f"dataset/structured_parser={name}"])
        for name, line in {
            "json": _json,
            "logfmt": _logfmt,
            "csv": _csv,
            "syslog": _syslog,
            "access": _access,
            "log4j": _log4j,
        }.items()
    },
    "json, two fields": (
        _json,
        ["dataset/structured_parser=json", "template.with_fields=[level,status]"],
    ),
    "several": (
        _several,
        ["dataset/structured_parser=several", f"{_READ}.parsers=[access,json,syslog]"],
    ),
}
"""Name -> a line of it by its number, and what reads it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=300_000, help="of each log")
    parser.add_argument("--repeats", type=int, default=3, help="builds of each")
    parser.add_argument("--only", nargs="+", default=list(FORMATS), choices=list(FORMATS))
    given = parser.parse_args(arguments)
    names = dict.fromkeys([_FORMAT, *given.only])
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            lines = map(FORMATS[name][0], range(given.lines))
            Path(folder, f"{name}.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
        seconds = {name: float("inf") for name in names}
        for nth in range(given.repeats):
            for name in names:
                seconds[name] = min(seconds[name], _seconds(Path(folder), name, nth))
    rows = [
        {
            "format": name,
            "million lines a second": given.lines / one / 1e6,
            "times format": one / seconds[_FORMAT],
        }
        for name, one in seconds.items()
    ]
    print(text_table(rows, list(rows[0])))


def _seconds(folder: Path, name: str, nth: int) -> float:
    config = load_run_config(
        [
            "dataset=custom",
            f"dataset.source.path='{folder / name}.log'",
            f"paths.cache_dir={folder / f'cache {nth}'}",
            *FORMATS[name][1],
        ]
    )
    begun = time.perf_counter()
    load(config)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
