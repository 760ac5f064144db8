"""Statements: which templates are one, and what is told of each."""

from __future__ import annotations

import pytest

from anomalog_exp.data.columns import LEVELS, NO_LEVEL
from anomalog_exp.features.statements import Statement, statement_of_text, statements_of
from tests.logs import log_dataset

JAVA = "request failed {} at c.n.A.<*>(A.java:<*>) at c.n.B.b(B.java:<*>)"
PYTHON = (
    'job failed Traceback (most recent call last): File "<*>", line <*>, in run step() '
    'File "<*>", line <*>, in step x[1] IndexError: list index out of range'
)


@pytest.mark.parametrize(
    ("text", "said", "level", "exceptions", "frame"),
    [
        ("user <*> left [level=info]", "user <*> left", "info", (), ""),
        ("GET <*> [status=500, level=info]", "GET <*> [status=500]", "info", (), ""),
        ("GET <*> [level=info, status=500]", "GET <*> [status=500]", "info", (), ""),
        ("limit <*>, used <*>", "limit <*> used <*>", None, (), ""),
        ("[io-<*> task-<*>] WARN a.B - slow <*> [level=-]", "a.B - slow <*>", "warning", (), ""),
        ("a [DEBUG] b c", "b c", "debug", (), ""),
        ("this is no INFO at its begin but here", "at its begin but here", "info", (), ""),
        (JAVA.format("java.io.IOException: disk <*>"), "request failed", None, ("IOException",), "c.n.A.<*>"),
        (
            JAVA.format("a.OuterException: x Caused by: a.InnerError: y"),
            "request failed",
            None,
            ("OuterException", "InnerError"),
            "c.n.A.<*>",
        ),
        (PYTHON, "job failed", None, ("IndexError",), "step"),
        ("an Error without a trace", "an Error without a trace", None, (), ""),
    ],
)  # fmt: skip
def test_what_a_template_says(text, said, level, exceptions, frame):
    given = (
        LEVELS.index(level) if level and "level=" in text and "level=-" not in text else NO_LEVEL
    )
    one = statement_of_text(text, given)
    wanted = Statement(said, LEVELS.index(level) if level else NO_LEVEL, exceptions, frame)
    assert one == wanted
    assert one.grave == bool(exceptions)


def test_traces_of_one_cause_are_one_statement_and_others_are_not():
    texts = [
        JAVA.format("java.io.IOException: disk <*>"),
        JAVA.format("java.io.IOException: net <*>") + " at c.n.C.c(C.java:<*>)",
        JAVA.format("java.lang.NullPointerException"),
        JAVA.format("java.io.IOException: disk <*>").replace("c.n.A", "c.n.Z"),
    ]
    found = statements_of(log_dataset([(None, text, None, -1) for text in texts * 2]))
    assert found.of_row.tolist() == [0, 0, 1, 2] * 2
    assert found.of_template.tolist() == [0, 0, 1, 2]


def test_what_is_there_once_owes_its_digits_to_chance():
    texts = [
        "moved to node-a17",
        "moved to node-b9",
        "code E12",
        "code E12",
        "code E13",
        "code E13",
    ]
    found = statements_of(log_dataset([(None, text, None, -1) for text in texts]))
    assert [one.text for one in found.known] == ["moved to <*>", "code E12", "code E13"]
