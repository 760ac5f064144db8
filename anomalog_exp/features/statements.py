"""Statements: templates that one place of a program writes, as far as their texts tell.

A template holds the whole record. Stack traces of one cause differ in their depth and line numbers, so
that they are many templates: they are one statement where their first line, their exceptions and their
topmost frame are the same. Where a parser found no level, one among the first words is taken, and what
stands before it is left out: lines with an id missing are the same statement as those that have it. A
trace that stands in a field of its own is read from the raw lines of errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import LEVELS, NO_LEVEL
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.parsers.levels import LEVEL_WORDS, level_codes

__all__ = ["ERROR", "Statement", "Statements", "statement_of_text", "statements_of"]

ERROR: Final = LEVELS.index("error")

_SUFFIX: Final = re.compile(r"^(.*?)( \[[^\[\]]+=[^\[\]]*\])?$", re.DOTALL)
_LEVEL_PAIR: Final = re.compile(r"\blevel=[^,\]]*(?:, )?|, level=[^,\]]*", re.IGNORECASE)
_HEAD: Final = re.compile(
    rf"^(?:\S+ ){{1,5}}?[\[(<{{]*({'|'.join(sorted(LEVEL_WORDS, key=len, reverse=True))})[\])>}}:]* "
)
_EXCEPTION: Final = re.compile(r"\b(?:[\w$]+\.)*[A-Z][\w$]*(?:Exception|Error|Throwable)\b")
_FRAME: Final = re.compile(
    r"\s(?:at (?P<java>[\w.$<>*/:]+)\(|File \"[^\"]*\", line \S+ in (?P<python>\S+))"
)
_TRACEBACK: Final = "Traceback (most recent call last):"
_MARKS: Final = re.compile(r"(?<=<\*>)[,;:.]+(?= |$)")
"""Behind a value, which another template of the same messages may hold in it."""

_DIGITS: Final = re.compile(r"[^\s<>]*\d[^\s<>]*")
_MOST_RAW: Final = 20_000
"""Errors whose raw lines are read; where there are more, their texts say enough."""


class Statement(NamedTuple):
    """What is known of a statement; equal ones are one.

    Attributes:
        text: Its template, without what varies from record to record.
        level: Code into `LEVELS`, or `NO_LEVEL`.
        exceptions: Classes that its trace names, in their order.
        frame: The topmost frame, or that of Python's last call; empty without a trace.
    """

    text: str
    level: int
    exceptions: tuple[str, ...] = ()
    frame: str = ""

    @property
    def shown(self) -> str:
        """In one line."""
        trace = ", caused by ".join(self.exceptions)
        at = f" at {self.frame}" if self.frame else ""
        return f"{self.text} {trace}{at}".strip() if trace or at else self.text

    @property
    def grave(self) -> bool:
        """An error, or a stack trace at whatever level."""
        return self.level >= ERROR or bool(self.exceptions)


@dataclass(frozen=True, eq=False)
class Statements:
    """The statements of a data set.

    Attributes:
        of_row: (rows,) int64 the statement of each row.
        known: The statements.
        of_template: (templates,) int64 that of most rows of each template.
    """

    of_row: NDArray[np.int64]
    known: tuple[Statement, ...]
    of_template: NDArray[np.int64]


def statements_of(dataset: LogDataset) -> Statements:
    """What a data set's templates say, one statement for those that differ by chance."""
    templates = len(dataset.templates)
    gravest = np.full(templates, NO_LEVEL, dtype=np.int64)
    np.maximum.at(gravest, dataset.template, dataset.level)
    count = np.bincount(dataset.template, minlength=templates)
    read = [
        _once(statement_of_text(text, int(level)), int(n))
        for text, level, n in zip(dataset.templates, gravest, count, strict=True)
    ]
    code: dict[Statement, int] = {}
    of_template = np.array([code.setdefault(one, len(code)) for one in read], dtype=np.int64)
    of_row = of_template[dataset.template]
    _with_raw_exceptions(dataset, of_row, code)
    return Statements(of_row, tuple(code), of_template)


def statement_of_text(text: str, level: int = NO_LEVEL) -> Statement:
    """The statement that a template's text tells.

    Examples:
        >>> one = statement_of_text("[io-1] ERROR web - failed java.io.IOException: x at B.c(B.java:1)")
        >>> one.shown, LEVELS[one.level]
        ('web - failed IOException at B.c', 'error')
    """
    match = _SUFFIX.match(text)
    assert match is not None
    body, suffix = match[1], _LEVEL_PAIR.sub("", match[2] or "").replace(" []", "")
    if level == NO_LEVEL and (head := _HEAD.match(body)):
        level, body = _level(head[1]), body[head.end() :]
    body = _MARKS.sub("", body)
    frame = _FRAME.search(body)
    if frame is None:
        return Statement(body + suffix, level)
    found = [one.group().rpartition(".")[2] for one in _EXCEPTION.finditer(body)]
    before, begin = body[: frame.start()], body.find(_TRACEBACK)
    if begin >= 0:
        frames = [one["python"] for one in _FRAME.finditer(body) if one["python"]]
        return Statement(body[:begin].strip() + suffix, level, tuple(found[-1:]), frames[-1])
    first = _EXCEPTION.search(before)
    said = before[: first.start()].strip() if first else before.strip()
    topmost = (frame["java"] or frame["python"]).rpartition("/")[2]
    return Statement(said + suffix, level, tuple(dict.fromkeys(found)), topmost)


def _once(statement: Statement, count: int) -> Statement:
    """A template of one record may owe a word with digits to chance alone."""
    if count > 1:
        return statement
    return statement._replace(text=_DIGITS.sub("<*>", statement.text))


def _level(word: str) -> int:
    import polars as pl

    return int(level_codes(pl.Series([word]))[0])


def _with_raw_exceptions(
    dataset: LogDataset, of_row: NDArray[np.int64], code: dict[Statement, int]
) -> None:
    """Tell errors apart by exceptions that only their raw lines name; `of_row` and `code` change."""
    known = list(code)
    silent = np.array([one.level >= ERROR and not one.exceptions for one in known], dtype=bool)
    rows = np.flatnonzero(silent[of_row])
    if not 0 < len(rows) <= _MOST_RAW:
        return
    numbers = dataset.line[rows].tolist()
    raw = dataset.raw_lines(numbers)
    for row, number in zip(rows.tolist(), numbers, strict=True):
        text = raw.get(number, "").replace("\\n", " ").replace("\\t", " ")
        if _FRAME.search(text):
            told = statement_of_text(text, ERROR)
            one = known[of_row[row]]._replace(exceptions=told.exceptions, frame=told.frame)
            of_row[row] = code.setdefault(one, len(code))
