"""The page of a sweep: what was varied, which member is best, what to mistrust, and why some failed."""

from __future__ import annotations

import os
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from anomalog_exp.metric_terms import F1_INTERVAL, VALIDATION, Figure, Objective
from anomalog_exp.plural import how_many
from anomalog_exp.report.figures.caught_by import Caught
from anomalog_exp.report.figures.chart import Chart
from anomalog_exp.report.intervals import in_brackets
from anomalog_exp.report.published import Beside, beside, by_source
from anomalog_exp.report.rendering import rendered
from anomalog_exp.report.run_warnings import RunWarning
from anomalog_exp.results import read_run
from anomalog_exp.results.members import (
    Member,
    best_first,
    is_of_validation,
    is_repeat,
    members_by_caveat,
    metric_of,
    shown_columns,
    shown_metrics,
    swept_keys,
)
from anomalog_exp.results.summaries import repeated

__all__ = ["SweepFacts", "sweep_in_words", "sweep_page", "sweep_warnings"]

_DATASET = "dataset"
_MANY = 5
"""Of so many members the best is good by chance, too."""


@dataclass(frozen=True, eq=False)
class SweepFacts:
    """What the page shows.

    Attributes:
        title: The sweep's name.
        members: What it ran.
        caught: What members flag together, where they share a test part.
        charts: Its figures.
        typed: What it is over, as it was typed.
        summarize: The keys whose values repeat a configuration; none stands for seeds and offsets.
    """

    title: str
    members: Sequence[Member]
    caught: Caught | None
    charts: Sequence[Chart]
    typed: Sequence[str]
    summarize: Sequence[str] = ()


def sweep_page(facts: SweepFacts, page_dir: Path, library: str) -> str:
    """The HTML of a sweep.

    Args:
        facts: What it shows.
        page_dir: The folder that the page will stand in; links to members start there.
        library: The script that draws charts, see `bundle.chart_library`.
    """
    members = facts.members
    keys, metric, metrics = swept_keys(members), metric_of(members), shown_columns(members)
    raised = [metric] if metric is not None and is_of_validation(metric) else []
    columns = ["member", *keys, "status", *raised, *metrics, "flagged share", "seconds"]
    command = shlex.join(["python", "-m", "anomalog_exp", *facts.typed, "-m"])
    shown = {
        "title": facts.title,
        "command": command if facts.typed else None,
        "result": sweep_in_words(members),
        "warnings": sweep_warnings(members),
        "columns": columns,
        "configurations": _configurations(facts),
        "published": by_source(_published(members)),
        "without": _without_result(members),
        "caught": _caught(facts.caught),
    }
    table = {
        "columns": columns,
        "digits": {"seconds": 2}
        | {name: 4 for name in (*raised, *metrics, "flagged share") if name != F1_INTERVAL},
        "rows": [_row(member, keys, raised, metrics) for member in best_first(members, metric)],
        "links": {one.index: link for one in members if (link := _link(one, page_dir))},
    }
    return rendered("sweep.html.j2", shown, facts.charts, library, members=table)


def sweep_in_words(members: Sequence[Member]) -> str:
    """How the members ended, and which is best and worst."""
    return " ".join(_words(members, swept_keys(members), metric_of(members)))


def sweep_warnings(members: Sequence[Member]) -> list[RunWarning]:
    """What a reader of the table must know before he believes it."""
    return [
        *_failures(members),
        *_oracles(members),
        *_caveats(members),
        *_seeds(members),
        *_choice(members),
    ]


def _configurations(facts: SweepFacts) -> dict[str, Any] | None:
    """A row for each configuration; None where members repeat none."""
    keys = swept_keys(facts.members)
    over = [key for key in keys if key in facts.summarize or is_repeat(key)]
    if not over:
        return None
    configurations = repeated(facts.members, keys, over)
    metrics = shown_metrics(facts.members)
    rows = []
    for one in configurations:
        figures = [one.figures(metric) for metric in metrics]
        shown = [
            [None, None] if f is None else [f.shown("mean"), f.shown("median")] for f in figures
        ]
        done = f"{one.done} of {len(one.members)}"
        rows.append(([*one.settings.values()], done, shown, one.all_equal))
    varied = [key for key in keys if key not in over]
    return {"over": ", ".join(over), "keys": varied, "metrics": metrics, "rows": rows}


def _published(members: Sequence[Member]) -> list[Beside]:
    """What is published under the protocol of the sweep, which its members have from one experiment."""
    done = [one.run_dir for one in members if one.status == "done" and one.run_dir]
    runs = [read_run(run_dir) for run_dir in done if run_dir.is_dir()]
    published = runs[0].config.published if runs else ()
    return beside(published, runs) if published else []


def _failures(members: Sequence[Member]) -> Iterator[RunWarning]:
    failed = sum(member.status in ("failed", "lost", "stopped") for member in members)
    if failed:
        yield RunWarning(
            "Not every member has ended well",
            f"{failed} of {len(members)} have no result: the figures below are without them.",
            "See the reasons at the end; the same command runs what is not done.",
        )


def _oracles(members: Sequence[Member]) -> Iterator[RunWarning]:
    if oracles := sum(member.oracle for member in members):
        yield RunWarning(
            "Thresholds of an oracle",
            f"{how_many(oracles, 'member', 'have a threshold that has seen the test labels')}: such "
            "figures are no results.",
            "Compare them with each other only.",
        )


def _caveats(members: Sequence[Member]) -> Iterator[RunWarning]:
    for caveat, count in members_by_caveat(members).items():
        yield RunWarning(
            f"Members are {caveat}",
            f"Of {len(members)}, {count} know more than is known of new logs.",
            "Report it with the figures, and compare these with each other only.",
        )


def _seeds(members: Sequence[Member]) -> Iterator[RunWarning]:
    keys = swept_keys(members)
    repeats = [key for key in keys if is_repeat(key)]
    several = [one for one in repeated(members, keys, repeats) if one.done > 1]
    equal = sum(one.all_equal for one in several)
    if repeats and equal:
        yield RunWarning(
            "Repeats that repeat nothing",
            f"{equal} of {len(several)} configurations give the same figures for every {repeats[0]}: "
            "their range of zero is no measure of certainty, as of a detector that uses no seed.",
            "Judge those by the interval of F1.",
        )


def _choice(members: Sequence[Member]) -> Iterator[RunWarning]:
    if is_of_validation(metric := metric_of(members)):
        if metric == f"{VALIDATION}{Objective.CONSISTENCY}":
            yield RunWarning(
                "The best member is chosen without labels",
                "It finds as much unusual in the validation part as in training; whether it finds the "
                "anomalies of this log is another question.",
                "Look at what it flags, or label some of the validation part.",
            )
        return
    done = sum(member.value is not None for member in members)
    if done >= _MANY:
        yield RunWarning(
            "The best member is chosen by its test figures",
            f"The best of {done} is good by chance, too, and would do worse on new data.",
            "Report the mean over repeats, or test the chosen configuration on another part of the log.",
        )


def _words(members: Sequence[Member], keys: Sequence[str], metric: str | None) -> Iterator[str]:
    counts = Counter(member.status for member in members)
    ended = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    yield f"{how_many(len(members), 'member')}: {ended}."
    if metric is None:
        yield "None has metrics to be ranked by."
        return
    ranked = [one for one in best_first(members, metric) if one.metric == metric]
    best, worst = ranked[0], ranked[-1]
    name = "F1" if metric == "f1" else metric.replace("_", " ")
    if _DATASET in keys:
        yield from _by_data_set(ranked, keys, name)
        return
    yield f"The best {name} is {_valued(best)}, of {best.name(keys)} (member {best.index})."
    if is_of_validation(metric) and (tested := shown_metrics([best])):
        figures = ", ".join(f"{name} {best.metrics[name]:.3f}" for name in tested)
        yield f"On the test part, which decided nothing, it has {figures}."
    if worst.value != best.value:
        yield f"The worst is {_valued(worst)}, of {worst.name(keys)}."


def _by_data_set(ranked: Sequence[Member], keys: Sequence[str], name: str) -> Iterator[str]:
    """The best member of each data set: figures of one log say nothing about those of another."""
    best: dict[str | None, Member] = {}
    for one in ranked:
        best.setdefault(one.settings.get(_DATASET), one)
    rest = [key for key in keys if key != _DATASET]
    for log, one in sorted(best.items(), key=lambda pair: str(pair[0])):
        of = f", of {one.name(rest)}" if rest else ""
        yield f"On {log} the best {name} is {_valued(one)}{of} (member {one.index})."


def _valued(member: Member) -> str:
    """What it is ranked by, with its interval where that is F1."""
    between = in_brackets(member.f1_low, member.f1_high) if member.metric == Figure.F1 else ""
    return f"{member.value:.3f}{between}"


def _row(
    member: Member, keys: Sequence[str], raised: Sequence[str], metrics: Sequence[str]
) -> list[Any]:
    return [
        member.index,
        *(member.settings.get(key) for key in keys),
        member.status_shown,
        *(member.value if member.metric == name else None for name in raised),
        *(
            member.f1_interval if name == F1_INTERVAL else member.metrics.get(name)
            for name in metrics
        ),
        None if member.flagged_share is None else round(member.flagged_share, 6),
        None if member.seconds is None else round(member.seconds, 3),
    ]


def _link(member: Member, page_dir: Path) -> str | None:
    """The address of a member's page, or of its folder, from where the sweep's page stands."""
    if member.run_dir is None or not member.run_dir.is_dir():
        return None
    page = member.run_dir / "report.html"
    target = page if page.is_file() else member.run_dir
    return quote(Path(os.path.relpath(target, page_dir)).as_posix())


def _without_result(members: Sequence[Member]) -> list[tuple[str, str, str]]:
    """Members, status and reason of those without a result; those of one reason share a row."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for member in members:
        if member.status != "done":
            alike[member.status, member.reason or ""].append(str(member.index))
    return [(", ".join(names), status, reason) for (status, reason), names in alike.items()]


def _caught(caught: Caught | None) -> str | None:
    """In words, which sequences all, some and no members flag."""
    if caught is None:
        return None
    label, kind = (1, "anomalous") if (caught.label == 1).any() else (-1, "unlabelled")
    numbers = caught.numbers(label)
    text = (
        f"Of {sum(numbers.values()):,} {kind} test sequences, all {caught.members} members that share "
        f"this test part flag {numbers['all']:,}, some {numbers['some']:,}, none {numbers['none']:,}."
    )
    return text if label == -1 else f"{text} {_false_alarms(caught)}{_missed(caught)}"


def _false_alarms(caught: Caught) -> str:
    return f"All of them flag {caught.numbers(0)['all']:,} normal ones."


def _missed(caught: Caught) -> str:
    """The first sequences that nobody catches, by their place in the test part."""
    missed = ((caught.label == 1) & (caught.flags == 0)).nonzero()[0][:20].tolist()
    if not missed:
        return ""
    return f" Missed by all, by their place in the test part: {', '.join(map(str, missed))}."
