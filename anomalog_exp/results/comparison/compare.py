"""Runs side by side: what differs between them, what they reach, and whether that is more than chance.

Every run is compared with the first one named. That takes decisions about the same units: runs of other
test parts are refused, unless their metrics alone are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.evaluation.paired import agreement, f1_difference, mcnemar
from anomalog_exp.metric_terms import F1_INTERVAL, HEADLINE_COLUMNS, shown_metrics
from anomalog_exp.progress import Progress
from anomalog_exp.results.comparison.excerpts import unit_excerpts
from anomalog_exp.results.comparison.formats import Document, Excerpt, Section
from anomalog_exp.results.comparison.repeats import repeats
from anomalog_exp.results.comparison.runs import (
    ComparedRun,
    refuse_other_test_parts,
    shared_units,
)
from anomalog_exp.results.figures import run_figures
from anomalog_exp.results.flat import flat
from anomalog_exp.results.scores import ScoredUnits

__all__ = ["comparison"]

_LONGEST = 200
"""Characters of a value that are shown."""

_FACTS = ("digest", "lines_total", "lines_unparsed", "rows", "entities", "templates")
_SMALL_P = 1e-4


@dataclass(frozen=True)
class _Pair:
    """The first run and another one.

    Attributes:
        run: The other one.
        label: (units,) 0, 1, or -1, also where one of both abstains.
        first: The decisions of the first run.
        other: Those of the other one.
    """

    run: ComparedRun
    label: NDArray[np.int8]
    first: ScoredUnits
    other: ScoredUnits

    @property
    def labelled(self) -> bool:
        return bool((self.label >= 0).any())

    def alone(self, *, first: bool) -> NDArray[np.int64]:
        """Units that one of the two alone flags, highest score first; the anomalous ones of them."""
        one, two = (self.first, self.other) if first else (self.other, self.first)
        flagged = one.predicted & ~two.predicted
        found = np.flatnonzero(flagged & (self.label == 1) if self.labelled else flagged)
        return found[np.argsort(-one.score[found], kind="stable")]


def comparison(
    runs: Sequence[ComparedRun],
    *,
    left_out: Sequence[str] = (),
    metrics_only: bool = False,
    samples: int = 1000,
    seed: int = 0,
    examples: int = 3,
    progress: Progress,
) -> Document:
    """Everything that there is to say about some runs.

    Args:
        runs: At least two; the others are compared with the first.
        left_out: Sentences about runs that are not among them.
        metrics_only: Leave out what takes decisions about the same units.
        samples: Resamples behind the interval of a difference.
        seed: Seed of the resampling.
        examples: Units to show of those that one run alone flags, for each run and direction.
        progress: Told of the reading of data.

    Raises:
        DataError: the runs judged different units, or a run dir is not as its run wrote it.
    """
    sections = [_runs(runs, left_out), _settings(runs), _metrics(runs)]
    sections += repeats(runs, _shown(runs))
    records = [{"run": run.letter, **row} for run, row in zip(runs, _records(runs), strict=True)]
    if not metrics_only:
        refuse_other_test_parts(runs[0], runs[1:])
        kept, units = shared_units(runs)
        first = kept[0]
        pairs = [
            _Pair(run, _shared_labels(first, other), first, other)
            for run, other in zip(runs[1:], kept[1:], strict=True)
        ]
        figures = [_against_first(pair, samples, seed) for pair in pairs]
        records[1:] = [
            record | {f"{name}_to_A": value for name, value in row.items()}
            for record, row in zip(records[1:], figures, strict=True)
        ]
        sections.append(_differences(pairs, figures, units, samples, seed))
        sections.append(_who_flags_what(pairs, units))
        sections += _examples(runs, pairs, units, examples, progress)
    records = [
        record | {"run_dir": str(run.run_dir)} for run, record in zip(runs, records, strict=True)
    ]
    title = f"{len(runs)} runs; A is {runs[0].config.name}"
    return Document(title, sections, records)


def _runs(runs: Sequence[ComparedRun], left_out: Sequence[str]) -> Section:
    rows = [
        {
            "run": run.title,
            "name": run.config.name,
            "detector": run.config.model.name,
            "run dir": run.run_dir,
        }
        for run in runs
    ]
    notes = [f"Left out: {reason}" for reason in left_out]
    if any(run.report.task.decision.oracle for run in runs):
        notes.append(
            "oracle: the threshold has seen the test labels, so the figures are no result."
        )
    caveats = dict.fromkeys(run.config.split.caveat for run in runs)
    notes += [f"{caveat}." for caveat in caveats if caveat is not None]
    return Section("Runs", ["run", "name", "detector", "run dir"], rows, notes)


def _settings(runs: Sequence[ComparedRun]) -> Section:
    """What differs; a row per key, or a row per run where there are more runs than keys."""
    differing = _differing([_facts(run) for run in runs])
    if not differing:
        return Section("What differs", notes=["Config, data and code are the same."])
    letters = [run.letter for run in runs]
    if len(runs) > len(differing):
        rows = [
            {"run": letter, **{key: values[number] for key, values in differing.items()}}
            for number, letter in enumerate(letters)
        ]
        return Section("What differs", ["run", *differing], rows)
    rows = [
        {"key": key, **dict(zip(letters, map(_as_text, values), strict=True))}
        for key, values in differing.items()
    ]
    return Section("What differs", ["key", *letters], rows)


def _facts(run: ComparedRun) -> dict[str, Any]:
    """What a result rests on, under dotted keys: config, data, code."""
    read, parts = run.manifest["dataset"], run.manifest["sequences"]["summary"]
    data = {name: read[name] for name in _FACTS if name in read}
    data |= {name: parts[name] for name in ("train_sequence_count", "test_sequence_count")}
    if held := parts.get(
        "validation_sequence_count"
    ):  # runs of before there was such a part lack it
        data["validation_sequence_count"] = held
    data["digest"] = run.status["data_digest"][:12]
    code = run.status["code_digest"][:12]
    return flat({**run.config.identity(), "data": data, "code digest": code})


def _differing(facts: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The values of all runs by key, where they are not all the same."""
    keys = dict.fromkeys(key for one in facts for key in one)
    values = {key: [one.get(key) for one in facts] for key in keys}
    differing = {key: found for key, found in values.items() if any(v != found[0] for v in found)}
    return {key: [*map(_cut, found)] for key, found in differing.items()}


def _cut(value: Any) -> Any:
    """A value that a table has room for: a list may be as long as a file."""
    text = str(value)
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


def _as_text(value: Any) -> str | None:
    """A value as it is typed; a column of several keys' values is no column of numbers."""
    return None if value is None else str(value)


def _metrics(runs: Sequence[ComparedRun]) -> Section:
    rows = []
    for run, record in zip(runs, _records(runs), strict=True):
        low, high = record["f1_low"], record["f1_high"]
        rows.append(
            record
            | {
                "run": run.title,
                F1_INTERVAL: None if low is None else f"[{low:.4f}, {high:.4f}]",
                "scope": str(record["scope"]).replace("_", " "),
            }
        )
    there = [name for name in rows[0] if any(row.get(name) is not None for row in rows)]
    figures = _shown(runs)
    columns = ["run", *figures, "flagged", "judged", "seconds"]
    if "f1_low" in there and HEADLINE_COLUMNS[0] in columns:
        columns.insert(columns.index(HEADLINE_COLUMNS[0]) + 1, F1_INTERVAL)
    scopes = dict.fromkeys(str(row["scope"]) for row in rows)
    if len(scopes) > 1:
        columns.insert(1, "scope")
    notes = [] if len(scopes) > 1 else [f"Scope: {next(iter(scopes))}."]
    reasons: dict[str, list[str]] = {}
    for run in runs:
        if (reason := run.report.primary.reason_in_words) is not None:
            reasons.setdefault(reason, []).append(run.letter)
    notes += [f"No metrics of {', '.join(names)}: {reason}." for reason, names in reasons.items()]
    return Section("Metrics", columns, rows, notes)


def _shown(runs: Sequence[ComparedRun]) -> list[str]:
    """The headline figures to show."""
    return shown_metrics({name: 0.0 for run in runs for name in run.report.primary.headline or {}})


def _records(runs: Sequence[ComparedRun]) -> list[dict[str, Any]]:
    """One row of figures per run."""
    return [
        {
            "name": run.config.name,
            "detector": run.config.model.name,
            **run_figures(run.report, run.stored.environment, run.config.split.caveat),
        }
        for run in runs
    ]


def _shared_labels(first: ScoredUnits, other: ScoredUnits) -> NDArray[np.int8]:
    """The labels of units for which both give an answer; -1 for others."""
    return np.where(first.decided & other.decided, first.label, np.int8(UNLABELLED))


def _against_first(pair: _Pair, samples: int, seed: int) -> dict[str, Any]:
    """The figures of a run against the first."""
    if not pair.labelled:
        found = agreement(pair.first.predicted, pair.other.predicted)
        return {"kappa": found.kappa}
    counted = pair.label >= 0
    anomalous = pair.label[counted] == 1
    first, other = pair.first.predicted[counted], pair.other.predicted[counted]
    test = mcnemar(anomalous, first, other)
    figures: dict[str, Any] = {
        "only_first_right": test.only_first,
        "only_this_right": test.only_second,
        "mcnemar_p": test.p_value,
    }
    if anomalous.any() and not anomalous.all():
        f1 = f1_difference(anomalous, first, other, samples=samples, seed=seed)
        figures = {
            "f1_difference": f1.value,
            "f1_difference_low": f1.low,
            "f1_difference_high": f1.high,
        } | figures
    return figures


def _differences(
    pairs: Sequence[_Pair],
    figures: Sequence[Mapping[str, Any]],
    units: str,
    samples: int,
    seed: int,
) -> Section:
    counted = int((pairs[0].first.label >= 0).sum())
    total = len(pairs[0].label)
    if not pairs[0].labelled:
        rows = [
            {"run": pair.run.title, "kappa": row["kappa"]}
            for pair, row in zip(pairs, figures, strict=True)
        ]
        notes = [
            f"Nothing in the test part is labelled, so this says how far decisions about its {total:,} "
            f"{units} agree: Cohen's kappa, 1 for equal decisions, 0 for those that agree by chance."
        ]
        if any(row["kappa"] is None for row in figures):
            notes.append("There is no kappa where both flag everything or both flag nothing.")
        return Section("Agreement with A", ["run", "kappa"], rows, notes)
    rows = [
        {
            "run": pair.run.title,
            "f1 minus A's": row.get("f1_difference"),
            "95 %": f"[{row['f1_difference_low']:+.4f}, {row['f1_difference_high']:+.4f}]"
            if "f1_difference" in row
            else None,
            "only A right": row["only_first_right"],
            "only this right": row["only_this_right"],
            "McNemar p": row["mcnemar_p"] if row["mcnemar_p"] >= _SMALL_P else f"<{_SMALL_P:.4f}",
        }
        for pair, row in zip(pairs, figures, strict=True)
    ]
    of = "" if counted == total else f", those of {total:,} that are labelled"
    notes = [f"On the same {counted:,} test {units}{of}. McNemar's test is exact and two-sided."]
    if any(not (pair.first.decided & pair.other.decided).all() for pair in pairs):
        notes.append("Where one of both abstains, they are not compared.")
    if any("f1_difference" in row for row in figures):
        notes.append(
            f"The interval of the difference is from {samples:,} paired resamples of them (seed {seed})."
        )
    else:
        notes.append("They are all of one class, so there is no F1.")
    return Section("Difference to A", list(rows[0]), rows, notes)


def _who_flags_what(pairs: Sequence[_Pair], units: str) -> Section:
    """How many units both flag, or one alone: anomalous and normal ones apart."""
    kinds = {"anomalies": 1, "false alarms": 0} if pairs[0].labelled else {units: None}
    rows = []
    for pair in pairs:
        row: dict[str, object] = {"run": pair.run.title}
        for kind, value in kinds.items():
            chosen = slice(None) if value is None else pair.label == value
            found = agreement(pair.first.predicted[chosen], pair.other.predicted[chosen])
            row |= {
                f"{kind}: both": found.both,
                "only A" if value is None else f"{kind}: only A": found.only_first,
                "only this" if value is None else f"{kind}: only this": found.only_second,
            }
            if value != 0:
                row["neither" if value is None else f"{kind}: neither"] = found.neither
        rows.append(row)
    return Section("Who flags what", list(rows[0]), rows)


def _examples(
    runs: Sequence[ComparedRun],
    pairs: Sequence[_Pair],
    units: str,
    examples: int,
    progress: Progress,
) -> list[Section]:
    """What one run flags and the other does not, as excerpts of the log, where there is any."""
    asked = [(pair, first, pair.alone(first=first)) for pair in pairs for first in (True, False)]
    chosen = [place for *_, found in asked for place in found[:examples].tolist()]
    if not chosen:
        return []
    excerpt_of, no_lines = unit_excerpts(runs, chosen, units, progress)
    sections = []
    for pair, first, found in asked:
        if not len(found):
            continue
        names = ("A", pair.run.letter) if first else (pair.run.letter, "A")
        verbs = ("catches", "misses") if pair.labelled else ("flags", "passes")
        shown = [
            _with_scores(excerpt_of[place], pair, place) for place in found[:examples].tolist()
        ]
        what = f"anomalous {units}" if pair.labelled else units
        what = what if len(found) > 1 else what.removesuffix("s")
        rest = (
            f"; the {len(shown)} that {names[0]} scores highest" if len(found) > len(shown) else ""
        )
        note = f"{len(found):,} {what}{rest}."
        sections.append(
            Section(
                f"What {names[0]} {verbs[0]} and {names[1]} {verbs[1]}",
                notes=[note, *([no_lines] if no_lines else [])],
                excerpts=shown,
            )
        )
    return sections


def _with_scores(excerpt: Excerpt, pair: _Pair, place: int) -> Excerpt:
    first, other = (float(one.score[place]) for one in (pair.first, pair.other))
    scores = f"score {first:.6g} by A, {other:.6g} by {pair.run.letter}"
    return Excerpt(f"{excerpt.heading}; {scores}", excerpt.lines)
