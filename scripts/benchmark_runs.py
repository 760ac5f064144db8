"""Runs of a system of seven services, a log file for each, healthy ones and some with one planted cause.

Requests pass through the services, with random ids. Every run has its own ports, versions of containers
and length (20 % more or less). Healthy runs warn, fail at times with stack traces, and each does a few
things that hardly another run does.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

__all__ = ["CAUSES", "FORMATS", "SERVICES", "Sign", "write_run"]

CAUSES: Final = (
    "an error once",
    "an error five times",
    "a statement missing",
    "a service silent",
    "a rate doubled",
    "a status never seen",
    "a code never seen",
    "an order swapped",
)

_REQUESTS: Final = 150
_ID: Final = string.ascii_letters + string.digits + "-_"
_PACKAGE: Final = "c.n.openapi"
_SHARES: Final = {
    "gateway": 1.0,
    "auth": 0.9,
    "accounts": 0.7,
    "consents": 0.5,
    "payments": 0.4,
    "ledger": 0.35,
    "notifier": 0.3,
}
"""How many of the requests reach each service."""

SERVICES: Final = tuple(_SHARES)

_STEPS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "gateway": (
        ("DEBUG", "ApiNormalisedPath normalise", "normalised = {path}"),
        ("INFO", "Router route", "routing {method} {path} to {host}:{port}"),
        ("DEBUG", "Headers check", "content-length {n}, agent {agent}"),
        ("INFO", "Access log", "{method} {path} status={status} in {ms} ms"),
    ),
    "auth": (
        ("DEBUG", "TokenFilter filter", "token for client {client} expires in {n} s"),
        ("DEBUG", "KeyStore load", "key {hex} found"),
        ("INFO", "TokenService verify", "client {client} granted scope {scope}"),
    ),
    "accounts": (
        ("DEBUG", "AccountDao open", "connection {n} taken"),
        ("INFO", "AccountService find", "account {n} of customer {n}"),
        ("DEBUG", "AccountDao query", "{n} rows in {ms} ms"),
        ("DEBUG", "AccountDao close", "connection released after {ms} ms"),
    ),
    "consents": (
        ("INFO", "ConsentService check", "consent {uuid} is {state}"),
        ("DEBUG", "ConsentCache get", "cache holds {n} of {n} entries"),
    ),
    "payments": (
        ("INFO", "PaymentService accept", "payment {uuid} of {n} EUR accepted"),
        ("DEBUG", "LimitCheck check", "limit {n}, used {n}"),
        ("INFO", "PaymentService answer", "answered code {code} for {uuid}"),
    ),
    "ledger": (
        ("DEBUG", "Journal append", "entry {n} at offset {n}"),
        ("INFO", "Posting post", "posted {n} entries for {uuid}"),
        ("DEBUG", "Journal flush", "flushed {n} bytes in {ms} ms"),
    ),
    "notifier": (
        ("INFO", "Outbox take", "message {uuid} taken"),
        ("INFO", "Mailer send", "sent to {n} recipients in {ms} ms"),
    ),
}
_BOOT: Final = (
    ("INFO", "Boot start", "starting {service} on {container} with PID {n}"),
    ("INFO", "Boot config", "profile test, version 2.4.{small}"),
    ("INFO", "Undertow listen", "listening on port {port}"),
    ("INFO", "Boot ready", "started in {small}.{n} seconds"),
)
_NOW_AND_THEN: Final = (
    (0.020, "WARN", "Pool idle", "connection {n} idle for {n} s, closing it", None),
    (0.010, "WARN", "Slow query", "query took {ms} ms", None),
    (0.006, "ERROR", "ErrorHandler handle", "request failed", "java.net.SocketTimeoutException"),
    (0.004, "ERROR", "Retry run", "attempt {small} failed", "java.io.IOException"),
    (0.003, "WARN", "Client call", "retrying {host}:{port}", None),
)
"""Chance for each step of a request, and what is said."""

_SELDOM: Final = (
    ("INFO", "Pool grow", "pool grown to {n} connections"),
    ("INFO", "Config watch", "configuration unchanged"),
    ("WARN", "Gc pause", "pause of {ms} ms"),
    ("INFO", "Token expire", "session of {client} expired"),
    ("WARN", "Limits check", "client {client} exceeded {n} requests"),
    ("INFO", "Dns lookup", "resolved {host} again"),
    ("WARN", "Clock watch", "clock offset {n} us"),
    ("ERROR", "Upload read", "upload of {n} bytes aborted by client"),
    ("INFO", "Cache evict", "evicted {n} entries"),
    ("WARN", "Tls check", "certificate expires in {n} days"),
    ("INFO", "Log rotate", "rotated to {container}"),
    ("DEBUG", "Metrics push", "pushed {n} samples"),
    ("WARN", "Heap watch", "heap at {small} percent"),
    ("INFO", "Leader elect", "kept leadership, term {n}"),
    ("DEBUG", "Schema check", "schema {small} is current"),
    ("WARN", "Queue watch", "queue length {n}"),
    ("INFO", "Admin call", "thread dump written for {client}"),
    ("INFO", "Scheduler skip", "job still running, skipped"),
)
_FEWEST_SELDOM, _MOST_SELDOM = 3, 7


@dataclass
class _Event:
    second: float
    service: str
    level: str
    logger: str
    message: str
    request: str | None = None
    more: tuple[str, ...] = ()
    planted: bool = False


class _Run:
    """All that is written in one run."""

    def __init__(self, seed: int, cause: str | None, requests: int) -> None:
        self.random = random.Random(seed)
        self.cause = cause
        self.requests = round(requests * self.random.uniform(0.8, 1.2))
        self.length = self.requests * 0.9
        self.ports = {service: self.random.randrange(30_000, 60_000) for service in SERVICES}
        self.container = "".join(self.random.choices("0123456789abcdef", k=12))
        self.begin = datetime(2026, 11, 1, 12, tzinfo=UTC) + timedelta(
            seconds=self.random.randrange(3000)
        )
        self.events: list[_Event] = []

    def say(self, second: float, service: str, level: str, logger: str, text: str, **more: Any):
        shown = self._filled(text, service, more.pop("status", "200"), more.pop("code", "OK00"))
        self.events.append(_Event(second, service, level, logger, shown, **more))

    def _filled(self, text: str, service: str, status: str, code: str) -> str:
        chance = self.random
        fields: dict[str, Callable[[], object]] = {
            "path": lambda: chance.choice(("/oauth2/client", "/v1/accounts", "/v1/payments", "/health")),
            "method": lambda: chance.choice(("GET", "GET", "POST")),
            "host": lambda: f"{chance.choice(SERVICES)}.internal",
            "port": lambda: self.ports[service],
            "agent": lambda: chance.choice(("okhttp", "curl", "firefox")),
            "status": lambda: status,
            "code": lambda: code,
            "client": lambda: chance.choice(("tpp-alpha", "tpp-beta", "tpp-gamma", "batch")),
            "scope": lambda: chance.choice(("accounts", "payments")),
            "state": lambda: chance.choices(("AUTHORISED", "AWAITING", "REVOKED"), (20, 4, 2))[0],
            "hex": lambda: "".join(chance.choices("0123456789abcdef", k=16)),
            "uuid": lambda: str(UUID(int=chance.getrandbits(128))),
            "container": lambda: f"{service}-{self.container[:10]}",
            "service": lambda: service,
            "n": lambda: chance.randrange(10, 100_000),
            "ms": lambda: int(chance.lognormvariate(3, 0.7)),
            "small": lambda: chance.randrange(1, 30),
        }  # fmt: skip
        pieces = []
        for literal, name, _, _ in string.Formatter().parse(text):
            pieces.append(literal + (str(fields[name]()) if name else ""))
        return "".join(pieces)

    def trace(self, kind: str, where: str) -> tuple[str, ...]:
        depth = self.random.randrange(3, 6)
        number = self.random.randrange(10_000)
        calls = [f"{_PACKAGE}.{where}.step{i}({where}.java:{40 + 7 * i})" for i in range(depth)]
        calls.append("java.base/java.lang.Thread.run(Thread.java:833)")
        return (f"{kind}: {where.lower()} {number}", *(f"\tat {call}" for call in calls))

    def usual(self) -> None:
        """What every run does, and what is planted into it."""
        chance = self.random
        for service in SERVICES:
            for place, step in enumerate(_BOOT):
                self.say(place * 0.4 + chance.random() * 0.1, service, *step)
        for _ in range(self.requests):
            self.request(5 + chance.random() * self.length)
        for level, logger, text in chance.sample(
            _SELDOM, chance.randrange(_FEWEST_SELDOM, _MOST_SELDOM)
        ):
            self.say(
                5 + chance.random() * self.length, chance.choice(SERVICES), level, logger, text
            )
        times = {"an error once": 1, "an error five times": 5}.get(self.cause or "", 0)
        for _ in range(times):
            self.say(
                5 + chance.random() * self.length,
                "payments",
                "ERROR",
                "ErrorHandler handle",
                "request failed",
                request=self.new_id(),
                more=self.trace("java.lang.NullPointerException", "PaymentMapper"),
                planted=True,
            )

    def new_id(self) -> str:
        return "".join(self.random.choices(_ID, k=22))

    def request(self, begin: float) -> None:
        request, second = self.new_id(), begin
        for service, share in _SHARES.items():
            if self.random.random() > share:
                continue
            silent = self.cause == "a service silent" and service == "notifier"
            if silent and second > 0.4 * self.length:
                continue
            doubled = self.cause == "a rate doubled" and service == "auth"
            for _ in range(2 if doubled else 1):
                second = self.steps(service, second, request, planted=doubled)

    def steps(self, service: str, second: float, request: str, *, planted: bool) -> float:
        chance = self.random
        steps = list(_STEPS[service])
        if self.cause == "an order swapped" and service == "ledger":
            steps[0], steps[1], planted = steps[1], steps[0], True
        for level, logger, text in steps:
            second += chance.random() * 0.03
            if self.cause == "a statement missing" and logger == "Posting post":
                continue
            marked, given = planted, {}
            if "{status}" in text:
                given["status"] = chance.choices(("200", "201", "404"), (90, 8, 4))[0]
                if self.cause == "a status never seen" and chance.random() < 0.08:
                    given["status"], marked = "503", True
            if "{code}" in text:
                given["code"] = chance.choices(("OK00", "OK01", "ERR10007"), (90, 8, 4))[0]
                if self.cause == "a code never seen" and chance.random() < 0.15:
                    given["code"], marked = "ERR12014", True
            known = request if chance.random() < 0.93 else None
            self.say(second, service, level, logger, text, request=known, planted=marked, **given)
            for share, grave, where, said, kind in _NOW_AND_THEN:
                if chance.random() < share:
                    more = self.trace(kind, "HttpClient") if kind else ()
                    self.say(second, service, grave, where, said, request=known, more=more)
        return second


def write_run(
    folder: Path, form: str, seed: int, cause: str | None = None, requests: int = _REQUESTS
) -> Sign | None:
    """Write the logs of a run into a folder, a file for each service; by what its cause is known."""
    run = _Run(seed, cause, requests)
    run.usual()
    folder.mkdir(parents=True)
    for service in SERVICES:
        events = sorted(
            (one for one in run.events if one.service == service), key=lambda e: e.second
        )
        lines = [line for one in events for line in FORMATS[form](one, run)]
        name = f"{service}.jsonl" if form == "json" else f"{service}.log"
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return _SIGNS[cause] if cause else None


class Sign(NamedTuple):
    """By what a change is known to be the planted one.

    Attributes:
        service: Where it is.
        kinds: What was counted.
        text: What it names, in its text or in the lines that show it.
    """

    service: str
    kinds: tuple[str, ...]
    text: str = ""

    def names(self, change: Mapping[str, Any]) -> bool:
        """Whether a change of `changes.json` is that one."""
        told = [change["text"]]
        told += [text for line in change["lines"] for text in (line["text"], *line["more"])]
        here = any(name.startswith(self.service) for name in change["services"])
        return here and change["kind"] in self.kinds and any(self.text in one for one in told)


_SIGNS: Final = {
    "an error once": Sign("payments", ("statement",), "NullPointerException"),
    "an error five times": Sign("payments", ("statement",), "NullPointerException"),
    "a statement missing": Sign("ledger", ("statement",), "posted"),
    "a service silent": Sign("notifier", ("service", "quarter")),
    "a rate doubled": Sign("auth", ("service", "level", "statement", "quarter")),
    "a status never seen": Sign("gateway", ("value", "statement"), "503"),
    "a code never seen": Sign("payments", ("value", "statement"), "ERR12014"),
    "an order swapped": Sign("ledger", ("order",)),
}


def _java(event: _Event, run: _Run) -> list[str]:
    moment = run.begin + timedelta(seconds=event.second)
    thread = f"XNIO-1 task-{hash_of(event.request) % 8 + 1}"
    clock = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
    cls, _, method = event.logger.partition(" ")
    head = f"{clock} [{thread}] {(event.request or '').rjust(23)} {event.level:<5}"
    return [f"{head} {_PACKAGE}.{cls} {method} - {event.message}", *event.more]


def _plain(event: _Event, run: _Run) -> list[str]:
    moment = run.begin + timedelta(seconds=event.second)
    clock = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"
    text = f"{event.logger}: {event.message}"
    return [f"{clock} {event.level} [{event.service}] {text}", *event.more]


def _json(event: _Event, run: _Run) -> list[str]:
    moment = run.begin + timedelta(seconds=event.second)
    said = {
        "time": moment.isoformat(timespec="milliseconds"),
        "level": event.level,
        "logger": event.logger,
        "request": event.request,
        "message": event.message,
    }
    if event.more:
        said["stack_trace"] = "\n".join(event.more)
    return [json.dumps({key: value for key, value in said.items() if value is not None})]


def hash_of(text: str | None) -> int:
    """A number that is the same in every process."""
    return sum(map(ord, text or ""))


FORMATS: Final[dict[str, Callable[[_Event, _Run], list[str]]]] = {
    "java": _java,
    "plain": _plain,
    "json": _json,
}
