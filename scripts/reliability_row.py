"""What an attack is, and what it comes to: one row of the table.

A kind of attack is a file in `attacks/`. It says in its docstring what surviving means, and holds
functions that are marked by `attack`, each of which gives a verdict per case and makes one row. A new
kind is a new file and edits nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from reliability_process import Ended, Forks, Job

__all__ = ["Arena", "Attack", "Row", "Verdict", "attack", "attacks"]

Case = TypeVar("Case")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Verdict:
    """What one case came to; nothing is said of what survived.

    Attributes:
        wrong: What was lost or wrong.
        left: What was left over.
    """

    wrong: str | None = None
    left: str | None = None


class Row(NamedTuple):
    """The verdicts of an attack, counted."""

    kind: str
    what: str
    tried: int
    survived: int
    lost_or_wrong: int
    left_over: int
    note: str
    seconds: float = 0.0

    @classmethod
    def of(cls, kind: str, what: str, verdicts: Iterable[Verdict]) -> Row:
        """Make all cases and count verdicts; the note holds the most frequent failures."""
        begun = time.monotonic()
        verdicts = list(verdicts)
        seconds = time.monotonic() - begun
        wrong = [one.wrong for one in verdicts if one.wrong is not None]
        left = [one.left for one in verdicts if one.left is not None]
        bad = sum(one != Verdict() for one in verdicts)
        first: dict[str, str] = {}  # of each failure, with the number of its case
        for text in (*wrong, *left):
            first.setdefault(text.partition(" [case")[0], text)
        counted = Counter(text.partition(" [case")[0] for text in (*wrong, *left))
        note = "; ".join(f"{times} x {first[text]}" for text, times in counted.most_common(5))
        counts = (len(verdicts), len(verdicts) - bad, len(wrong), len(left))
        return cls(kind, what, *counts, note, seconds)


@dataclass
class Arena:
    """Where attacks take place.

    Attributes:
        seed: Decides everything random.
        long: All cases, where the short form takes some.
        folder: For everything that is written.
        workers: Cases at a time.
    """

    seed: int
    long: bool
    folder: Path
    workers: int
    _forks: dict[tuple[int, bool], Forks] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cases: int = 0

    def chance(self, *what: object) -> random.Random:
        """A source of chance of its own for each purpose."""
        return random.Random(f"{self.seed} {what}")

    def some(self, cases: Sequence[Case], short: int) -> list[Case]:
        """All cases in the long form; some of them, from all parts of the list, in the short one."""
        if self.long or len(cases) <= short:
            return list(cases)
        step = len(cases) / short
        chance = self.chance("some", len(cases), short)
        return [cases[int(step * (place + chance.random()))] for place in range(short)]

    def number(self, *, short: int, long: int) -> int:
        """How many cases."""
        return long if self.long else short

    def spread(self, cases: Iterable[Case], judge: Callable[[Case], Outcome]) -> Iterator[Outcome]:
        """What a function says of each case, some at a time, in their order."""
        with ThreadPoolExecutor(self.workers) as pool:
            yield from pool.map(judge, cases)

    def new_folder(self, name: str = "case") -> Path:
        """An empty folder."""
        with self._lock:
            self._cases += 1
            folder = self.folder / f"{name}-{self._cases}"
        folder.mkdir(parents=True)
        return folder

    def run(self, *jobs: Job, tracker: bool = False) -> list[Ended]:
        """Do jobs side by side, in forks of a process that belongs to this thread."""
        key = (threading.get_ident(), tracker)
        with self._lock:
            forks = self._forks.get(key) or self._free_forks(tracker)
            self._forks[key] = forks
        return forks.run(*jobs)

    def _free_forks(self, tracker: bool) -> Forks:
        """Those of a thread that has ended, or new ones."""
        alive = {thread.ident for thread in threading.enumerate()}
        for (owner, tracks), forks in list(self._forks.items()):
            if tracks == tracker and owner not in alive:
                del self._forks[owner, tracks]
                return forks
        return Forks(self.folder / f"forks-{len(self._forks)}-{tracker}", tracker=tracker)

    def close(self) -> None:
        """End the processes and remove what was written."""
        for forks in self._forks.values():
            forks.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Attack(NamedTuple):
    """One attack: many cases and a verdict on each."""

    kind: str
    what: str
    verdicts: Callable[[Arena], Iterable[Verdict]]

    def row(self, arena: Arena) -> Row:
        """Make the attack."""
        return Row.of(self.kind, self.what, self.verdicts(arena))


_KNOWN: list[Attack] = []


def attack(what: str) -> Callable[[Any], Any]:
    """Mark a function as an attack; `what` is the name of its row."""

    def mark(verdicts: Callable[[Arena], Iterable[Verdict]]) -> Any:
        kind = verdicts.__module__.rpartition(".")[2]
        _KNOWN.append(Attack(kind, what, verdicts))
        return verdicts

    return mark


def attacks(only: str = "") -> list[Attack]:
    """All attacks, in the order of their files; those alone whose kind or name holds `only`."""
    import attacks as package

    for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"attacks.{module}")
    found = sorted(_KNOWN, key=lambda one: one.kind)
    return [one for one in found if only in (one.kind, "") or only in one.what]
