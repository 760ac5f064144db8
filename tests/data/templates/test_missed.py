"""True templates that were not found: what became of them, and which lose most lines."""

from __future__ import annotations

import numpy as np
import polars as pl

from anomalog_exp.data.templates.accuracy import overlap
from anomalog_exp.data.templates.missed import Missed, Part, missed_templates
from anomalog_exp.data.templates.truth import Truth


def missed(lines: list[tuple[str, str, str]], most: int = 9) -> list[Missed]:
    """Of lines of a message, its mined and its true template."""
    messages, mined, true = zip(*lines, strict=True)
    texts, names = list(dict.fromkeys(mined)), tuple(dict.fromkeys(true))
    codes = np.array([texts.index(text) for text in mined])
    of_lines = np.array([names.index(name) for name in true])
    truth = Truth("hand-made", pl.Series(messages), of_lines, names, has_texts=True)
    return missed_templates(truth, codes, texts, overlap(codes, of_lines), most)


def test_a_split_template_names_its_parts():
    lines = [
        ("u a", "u a", "u <*>"),
        ("u b", "u b", "u <*>"),
        ("u b", "u b", "u <*>"),
        ("v", "v", "v"),
    ]
    parts = (Part("u b", 2, (), 0), Part("u a", 1, (), 0))
    assert missed(lines) == [Missed("u <*>", 3, "split", parts, 2, ("u b", "u a"))]


def test_merged_templates_name_each_other():
    lines = [
        ("up", "<*>", "up"),
        ("down", "<*>", "down"),
        ("up", "<*>", "up"),
        ("off", "<*>", "off"),
    ]
    up, *others = missed(lines)
    assert [one.template for one in others] == ["down", "off"]
    others_of_up = (("down", 1), ("off", 1))
    assert up == Missed("up", 2, "merged", (Part("<*>", 2, others_of_up, 2),), 1, ("up",))


def test_a_template_may_be_both_split_and_merged():
    lines = [("a 1", "a 1", "a <*>"), ("a x", "<*> x", "a <*>"), ("b x", "<*> x", "b x")]
    a, b = missed(lines)
    parts = (Part("a 1", 1, (), 0), Part("<*> x", 1, (("b x", 1),), 1))
    assert a == Missed("a <*>", 2, "split and merged", parts, 2, ("a 1", "a x"))
    assert (b.template, b.problem) == ("b x", "merged")


def test_what_has_another_text_comes_after_what_is_grouped_wrongly():
    lines = [("u 1", "u <*>", "u 1")] * 5 + [("a 1", "a 1", "a <*>"), ("a 2", "a 2", "a <*>")]
    assert [(one.template, one.problem) for one in missed(lines)] == [
        ("a <*>", "split"),
        ("u 1", "other text"),
    ]
    assert [one.template for one in missed(lines, most=1)] == ["a <*>"]


def test_samples_of_one_template_are_different_messages():
    lines = [(f"u {i // 2}", "u <*>", "u <*> ") for i in range(20)]
    assert missed(lines) == []
    (one,) = missed([(message, mined, "u=<*>") for message, mined, _ in lines])
    assert one.samples == ("u 0", "u 1", "u 2")
