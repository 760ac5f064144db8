"""How good the templates of one log by one configuration are, and the mean over logs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from statistics import fmean
from typing import Any, Final

import numpy as np

from anomalog_exp.commands._judged_logs import JudgedLog, OtherLines
from anomalog_exp.data.templates.accuracy import overlap, template_accuracy
from anomalog_exp.data.templates.doubt import Doubt
from anomalog_exp.data.templates.doubtful import doubtful_templates
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.missed import Missed, missed_templates
from anomalog_exp.data.templates.quality import medoid_silhouette
from anomalog_exp.data.templates.templates import Templates

__all__ = ["FIGURES", "Judged", "judged", "means"]

FIGURES: Final = ("ga", "pa", "fga", "fta", "pmss")
"""From bad to good, each at most 1; what means are taken of."""

_SCORED: Final = 20_000
"""Messages that PMSS is computed of; of more, every so-manieth."""


@dataclass(frozen=True)
class Judged:
    """Templates of one log, with one version of its truth or none, by one configuration.

    Attributes:
        log: Its name; "mean" of a mean.
        truth: The version of the truth.
        configuration: What tells it from others; empty where there are none.
        lines: Messages that were mined.
        about_lines: Of the whole log, where stretches of it were read; None where all of it was.
        other_lines: Lines that are no message of their own; None with a truth.
        true: True templates.
        exact: Of these, those whose lines are exactly those of a mined one.
        found: Mined templates that have lines.
        masked: Distinct messages with all masks applied.
        figures: Of `FIGURES`, those that are known: four with a truth, PMSS without.
        seconds: Of mining: masks, miner and codes.
        missed: True templates that lose most lines.
        doubts: Templates that are most likely wrong.
    """

    log: str
    truth: str | None
    configuration: str
    lines: int | None = None
    about_lines: int | None = None
    other_lines: OtherLines | None = None
    true: int | None = None
    exact: int | None = None
    found: int | None = None
    masked: int | None = None
    figures: Mapping[str, float | None] = field(default_factory=dict)
    seconds: float | None = None
    missed: tuple[Missed, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def lines_per_second(self) -> int | None:
        """How fast it was mined."""
        return None if self.lines is None or not self.seconds else round(self.lines / self.seconds)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON builtins."""
        plain = asdict(self)
        return plain | plain.pop("figures") | {"lines_per_second": self.lines_per_second}


def judged(log: JudgedLog, configuration: str, config: TemplateMinerConfig, most: int) -> Judged:
    """Mine a log and judge its templates.

    Args:
        log: With a truth or without.
        configuration: Its name.
        config: The miner and the masks; fields that make events are left out.
        most: How many missed templates to give, or whether to look for doubtful ones.
    """
    config = config.model_copy(update={"with_fields": ()})
    begin = time.perf_counter()
    templates, codes = Templates.mine(log.messages, config)
    seconds = time.perf_counter() - begin
    truth, texts = log.truth, templates.texts
    row = Judged(
        log.name,
        None if truth is None else truth.version,
        configuration,
        lines=len(log.messages),
        about_lines=log.about_lines,
        other_lines=log.other_lines,
        found=len(np.unique(codes)),
        masked=len(templates.known),
        seconds=seconds,
    )
    if truth is not None:
        pairs = overlap(codes, truth.codes)
        return replace(
            row,
            true=len(truth.names),
            exact=int(pairs.exact.sum()),
            missed=tuple(missed_templates(truth, codes, texts, pairs, most)) if most else (),
            figures=asdict(template_accuracy(pairs, texts, truth.texts)),
        )
    step = -(-len(codes) // _SCORED)
    score = medoid_silhouette(log.messages.gather_every(step).to_list(), codes[::step], texts)
    doubts = doubtful_templates(log.messages, codes, texts, config) if most else []
    return replace(row, figures={"pmss": score}, doubts=tuple(doubts))


def means(rows: Sequence[Judged]) -> Iterator[Judged]:
    """The means over logs for each version of the truth and each configuration; none of one log."""

    def kind(row: Judged) -> tuple[str | None, str]:
        return row.truth, row.configuration

    kinds = list(dict.fromkeys(map(kind, rows)))
    for (truth, configuration), group in groupby(
        sorted(rows, key=lambda row: kinds.index(kind(row))), key=kind
    ):
        logs = list(group)
        if len(logs) > 1:
            figures = {name: _mean(logs, name) for name in FIGURES}
            yield Judged("mean", truth, configuration, figures=figures)


def _mean(rows: Sequence[Judged], figure: str) -> float | None:
    """The mean of a figure that every log has."""
    values = [row.figures.get(figure) for row in rows]
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(rows) else None
