"""A shop that writes a log for thirty hours, with a fault planted, in the formats that people have.

Requests come by chance, more by day than by night. Jobs run every hour, and other things happen some
times. What happens by chance happens again: an event that is there once is the planted one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import sin, tau
from pathlib import Path
from typing import Any, Final, NamedTuple

__all__ = ["FAULTS", "FORMATS", "Planted", "written"]

_BEGIN: Final = datetime(2024, 6, 3, tzinfo=UTC).timestamp()
_HOURS: Final = 30
_JOBS: Final = ("backup", "cleanup", "report", "sync", "reindex")
_USERS: Final = ("alice", "bob", "carol", "dave", "erin", "frank")
_PATHS: Final = (
    "/api/orders",
    "/api/items",
    "/api/users",
    "/health",
    "/api/cart",
    "/static/app.js",
)
_SELDOM: Final = (
    ("WARN", "db.Pool", "connection {n} idle for {m} s, closing it"),
    ("INFO", "db.Pool", "pool grown to {n} connections"),
    ("WARN", "web.Limits", "client {ip} exceeded {n} requests a minute"),
    ("INFO", "cache.Store", "evicted {n} entries older than {m} s"),
    ("ERROR", "web.Upload", "upload of {n} bytes from {ip} aborted by client"),
    ("INFO", "config.Watch", "configuration unchanged, version {n}"),
    ("WARN", "gc", "pause of {n} ms"),
    ("INFO", "auth.Token", "token {n} expired"),
    ("WARN", "db.Query", "slow query took {n} ms on table orders"),
    ("WARN", "db.Query", "slow query took {n} ms on table items"),
    ("INFO", "net.Dns", "resolved mirror.example.org to {ip}"),
    ("WARN", "net.Ntp", "clock offset {n} us"),
    ("ERROR", "mail.Smtp", "temporary failure sending message {n}, will retry"),
    ("INFO", "mail.Smtp", "message {n} delivered after retry"),
)
_BOOT: Final = (
    "system starting, version 4.2.{n}",
    "loading configuration from /etc/shop/main.conf",
    "opened database with {n} tables",
    "listening on port {n}",
    "registered 17 plugins",
    "warmed up caches in {n} ms",
    "worker pool of {n} ready",
    "startup complete in {n} ms",
)
_TRACE: Final = (
    "java.lang.IllegalStateException: cart 4711 has no owner",
    "\tat shop.Cart.owner(Cart.java:88)",
    "\tat shop.Checkout.run(Checkout.java:31)",
    "Caused by: java.util.NoSuchElementException",
    "\tat java.util.Optional.get(Optional.java:143)",
    "\t... 2 more",
)

FAULTS: Final = (
    "an outage of an hour",
    "a burst of 500s",
    "a new stack trace",
    "a value never seen",
    "a reboot in the first half",
    "a failing job",
)


@dataclass
class _Event:
    time: float
    level: str
    logger: str
    thread: str
    message: str
    fields: dict[str, Any] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    planted: bool = False

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(_BEGIN + self.time, UTC)

    @property
    def ms(self) -> str:
        return f"{int(self.time * 1000) % 1000:03d}"


class Planted(NamedTuple):
    """Where the fault is.

    Attributes:
        lines: Numbers of its lines, counted from 1; empty where the fault is that there are none.
        begin_ms: Unix milliseconds of its begin.
        end_ms: The same of its end.
    """

    lines: list[int]
    begin_ms: int
    end_ms: int


class _World:
    """All that happens."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.events: list[_Event] = []

    def add(self, time: float, level: str, logger: str, message: str, **options: Any) -> None:
        options.setdefault("thread", f"worker-{self.random.randrange(8)}")
        self.events.append(_Event(time, level, logger, message=message, **options))

    def address(self) -> str:
        parts = (self.random.randrange(4), self.random.randrange(256), self.random.randrange(256))
        return f"10.{'.'.join(map(str, parts))}"

    def request(self, time: float, status: int, ms: int, planted: bool = False) -> None:
        chance = self.random
        number, thread = chance.randrange(10**9), f"worker-{chance.randrange(8)}"
        path = chance.choices(_PATHS, [5, 4, 3, 3, 2, 1])[0]
        method = chance.choices(["GET", "POST", "PUT"], [8, 2, 1])[0]
        asked = {"request_id": f"{number:09d}", "method": method, "path": path}
        begun = f"request {number} {method} {path} started"
        self.add(time, "INFO", "web.Access", begun, thread=thread, fields=asked)
        self.add(
            time + ms / 1000,
            "ERROR" if status == 500 else "INFO",
            "web.Access",
            f"request {number} finished with status {status} in {ms} ms",
            thread=thread,
            fields=asked | {"status": status, "ms": ms},
            planted=planted,
        )
        if not planted and chance.random() < 0.1:
            who = f"user {chance.choice(_USERS)} logged in from {self.address()}"
            self.add(time + 0.01, "INFO", "auth.Login", who, thread=thread)

    def usual(self, failing: str | None) -> None:
        """Thirty hours without a fault, but for a job that fails."""
        chance, end, time = self.random, _HOURS * 3600, 0.0
        while time < end:
            by_day = 1 + 0.3 * sin(time / 86_400 * tau)
            time += chance.expovariate(600 * by_day / 3600)
            status = chance.choices([200, 201, 304, 404, 500], [900, 60, 60, 15, 1])[0]
            self.request(time, status, int(chance.lognormvariate(3, 0.7)))
        for hour in range(_HOURS):
            for place, job in enumerate(_JOBS):
                at = hour * 3600 + 300 + place * 500
                self.add(at, "INFO", "jobs.Runner", f"job {job} started", thread="jobs")
                if job == failing and hour == _HOURS * 2 // 3:
                    text, level = f"job {job} failed with exit code 3", "ERROR"
                else:
                    text, level = f"job {job} finished in {chance.randrange(20, 31)} s", "INFO"
                planted = level == "ERROR"
                self.add(at + 25, level, "jobs.Runner", text, thread="jobs", planted=planted)
        for minute in range(0, _HOURS * 60, 5):
            text = f"refreshed {chance.randrange(900, 1100)} entries"
            self.add(minute * 60 + 2, "INFO", "cache.Store", text, thread="timer")
        for level, logger, text in _SELDOM:
            for _ in range(chance.randrange(3, 8)):
                numbers = {"n": chance.randrange(10, 5000), "m": chance.randrange(60, 900)}
                self.add(
                    chance.random() * end, level, logger, text.format(ip=self.address(), **numbers)
                )

    def plant(self, fault: str, at: float) -> float:
        """Put a fault in; when it ends."""
        if fault == "an outage of an hour":
            self.events = [one for one in self.events if not at <= one.time < at + 3600]
            return at + 3600
        if fault == "a burst of 500s":
            for number in range(60):
                self.request(
                    at + 1.5 * number, 500, self.random.randrange(1000, 3000), planted=True
                )
            return at + 93
        if fault == "a new stack trace":
            text = "checkout failed unexpectedly"
            self.add(at, "ERROR", "web.Checkout", text, more=_TRACE, planted=True)
        elif fault == "a value never seen":
            text = f"user mallory logged in from {self.address()}"
            self.add(at, "INFO", "auth.Login", text, planted=True)
        elif fault == "a reboot in the first half":
            for place, text in enumerate(_BOOT):
                said = text.format(n=self.random.randrange(10, 900))
                self.add(at + 0.4 * place, "INFO", "boot", said, thread="main", planted=True)
        return at + 5


def _log4j(one: _Event) -> list[str]:
    head = f"{one.moment:%Y-%m-%d %H:%M:%S},{one.ms} [{one.thread}] {one.level:<5} {one.logger} - "
    return [head + one.message, *one.more]


def _python(one: _Event) -> list[str]:
    level = {"WARN": "WARNING"}.get(one.level, one.level)
    head = f"{one.moment:%Y-%m-%d %H:%M:%S},{one.ms} - {one.logger} - {level} - "
    return [head + one.message, *one.more]


def _syslog(one: _Event) -> list[str]:
    app = one.logger.split(".")[0]
    head = (
        f"{one.moment:%b} {one.moment.day:>2} {one.moment:%H:%M:%S} web1 {app}[{1000 + len(app)}]: "
    )
    return [head + text.strip() for text in (one.message, *one.more)]


def _syslog_5424(one: _Event) -> list[str]:
    priority = {"INFO": 134, "WARN": 132, "ERROR": 131}[one.level]
    head = f"<{priority}>1 {one.moment:%Y-%m-%dT%H:%M:%S}.{one.ms}Z web1 {one.logger} 7 - - "
    return [head + " ".join((one.message, *one.more))]


def _json(one: _Event) -> list[str]:
    keys = {
        "time": f"{one.moment:%Y-%m-%dT%H:%M:%S}.{one.ms}Z",
        "level": one.level.lower(),
        "logger": one.logger,
        "msg": _whole(one),
    }
    return [json.dumps(keys | one.fields)]


def _logfmt(one: _Event) -> list[str]:
    keys = {"ts": f"{one.moment:%Y-%m-%dT%H:%M:%S}Z", "level": one.level.lower()}
    pairs = keys | {"logger": one.logger, "msg": _whole(one)} | one.fields
    return [" ".join(f"{key}={_quoted(value)}" for key, value in pairs.items())]


def _csv(one: _Event) -> list[str]:
    text = " | ".join((one.message, *one.more)).replace('"', '""')
    time = f"{one.moment:%Y-%m-%dT%H:%M:%S}Z"
    return [f'{time},{one.level},{one.logger},"{text}",{one.fields.get("status", "")}']


def _klog(one: _Event) -> list[str]:
    where = f"7 {one.logger.split('.')[0]}.go:{100 + len(one.message) % 7}]"
    return [
        f"{one.level[0]}{one.moment:%m%d %H:%M:%S}.{one.ms}000 {where} {one.message}",
        *one.more,
    ]


def _journald(one: _Event) -> list[str]:
    keys = {
        "__REALTIME_TIMESTAMP": str(int((_BEGIN + one.time) * 1e6)),
        "PRIORITY": {"INFO": "6", "WARN": "4", "ERROR": "3"}[one.level],
        "SYSLOG_IDENTIFIER": one.logger,
        "MESSAGE": _whole(one),
    }
    return [json.dumps(keys)]


def _docker(one: _Event) -> list[str]:
    time = f"{one.moment:%Y-%m-%dT%H:%M:%S}.{one.ms}000000Z"
    first = f"{one.level} {one.logger} {one.message}"
    return [
        json.dumps({"log": f"{text}\n", "stream": "stdout", "time": time})
        for text in (first, *one.more)
    ]


def _cri(one: _Event) -> list[str]:
    head = f"{one.moment:%Y-%m-%dT%H:%M:%S}.{one.ms}000000Z stdout F "
    return [head + text for text in (f"{one.level} {one.logger} {one.message}", *one.more)]


def _brackets(one: _Event) -> list[str]:
    head = f"[{one.moment:%d.%m.%Y %H:%M:%S}] ({one.level}) {one.logger}: "
    return [head + one.message, *one.more]


def _plain(one: _Event) -> list[str]:
    return [f"{one.logger}: {one.message}", *one.more]


def _access(one: _Event) -> list[str]:
    if "status" not in one.fields:
        return []
    asked = f"{one.fields['method']} {one.fields['path']} HTTP/1.1"
    host, size = f"10.0.{one.fields['ms'] % 7}.9", one.fields["ms"] * 31
    time = f"{one.moment:%d/%b/%Y:%H:%M:%S} +0000"
    return [f'{host} - - [{time}] "{asked}" {one.fields["status"]} {size}']


def _several(one: _Event) -> list[str]:
    """Four programs, each in its own format."""
    forms = {"web": _json, "auth": _log4j, "jobs": _syslog, "cache": _logfmt}
    return forms.get(one.logger.split(".")[0], _log4j)(one)


def _whole(one: _Event) -> str:
    return "\n".join((one.message, *one.more))


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text) if {" ", "\n", "\t"} & set(text) else text


FORMATS: Final[dict[str, Callable[[_Event], list[str]]]] = {
    "log4j": _log4j,
    "python_asctime": _python,
    "syslog": _syslog,
    "syslog_5424": _syslog_5424,
    "json": _json,
    "logfmt": _logfmt,
    "csv": _csv,
    "klog": _klog,
    "journald": _journald,
    "docker": _docker,
    "cri": _cri,
    "access": _access,
    "several": _several,
    "brackets": _brackets,
    "plain": _plain,
}
"""The option that should be recognised, or a shape that has none -> how an event is written."""

_HEADERS: Final = {"csv": ["time,level,logger,message,status"]}


def written(path: Path, form: str, fault: str | None, seed: int = 0) -> Planted:
    """Write a log with a fault, or without one; where the fault is."""
    world = _World(seed)
    early = fault == "a reboot in the first half"
    hour = world.random.uniform(3, _HOURS / 2 - 1) if early else world.random.uniform(8, _HOURS - 4)
    at = hour * 3600
    world.usual("report" if fault == "a failing job" else None)
    end = at if fault is None else world.plant(fault, at)
    lines: list[str] = [*_HEADERS.get(form, ())]
    planted: list[int] = []
    for one in sorted(world.events, key=lambda one: one.time):
        texts: Sequence[str] = FORMATS[form](one)
        if one.planted:
            planted += range(len(lines) + 1, len(lines) + 1 + len(texts))
        lines += texts
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Planted(planted, int((_BEGIN + at) * 1000), int((_BEGIN + end) * 1000))
