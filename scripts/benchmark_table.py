"""Figures of a benchmark as rows, goals and a comparison; all of them plain values.

Seconds are the least of several runs. Ratios travel between machines: those of stages on the log are to
R1 (polars scan and one extract) and R2 (polars scan and one replace_all of `[0-9]+`), those of the
command to Hydra alone composing the same configuration, all timed in the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Row = dict[str, Any]
Figures = dict[str, float]

COMMAND = 0
"""Stands for the lines of stages that run the command, on the demo log."""

_NOISE = 1.15
"""What takes so many times as long as it did is called slower."""

_STATED = {"loglead": 14.6e-6, "anomalog": 60e-6, "anomalog_pass": 57e-6}
"""Seconds per HDFS line of the peers, measured once on two cores; stand in where they are not timed."""


def rows_of(runs: dict[tuple[int, str], list[Figures]], events: dict[int, int]) -> list[Row]:
    """One row per size and stage, in the order in which they were first run.

    Args:
        runs: (lines, stage) -> the figures of each run; `COMMAND` for the command's.
        events: lines asked for -> lines of the log.
    """
    rows = []
    for (lines, stage), figures in runs.items():
        seconds = [run["seconds"] for run in figures]
        row: Row = {"lines": lines, "stage": stage, "seconds": min(seconds), "runs": seconds}
        if lines in events:
            for memory in ("peak_mb", "new_mb"):
                row[memory] = max(run[memory] for run in figures)
            row["events"] = events[lines]
            row["events_per_s"] = events[lines] / row["seconds"]
        for name, reference in {"R1": "r1", "R2": "r2", "Hydra": "hydra_help"}.items():
            if known := runs.get((lines, reference)):
                row[f"to_{name}"] = row["seconds"] / min(run["seconds"] for run in known)
        rows.append(row)
    return rows


class Goal(NamedTuple):
    """A figure and its bound."""

    name: str
    value: float | None
    bound: float
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def goals_of(rows: Sequence[Row]) -> list[Goal]:
    """The goals that these rows can judge, each at the largest log that holds its stages."""
    known = {(row["lines"], row["stage"]): row for row in rows}
    events = {row["lines"]: row["events"] for row in rows if "events" in row}
    sizes = sorted(events)
    largest = max(sizes, default=0)

    def get(stage: str, lines: int = largest, column: str = "seconds") -> float | None:
        return known.get((lines, stage), {}).get(column)

    goals = [
        Goal(f"build / R2, {lines:,} lines", get("build", lines, "to_R2"), 2.0)
        for lines in sizes
        if lines in (1_000_000, largest)
    ]
    beside = max((lines for lines in sizes if lines <= 1_000_000), default=0)
    for peer, bound in (("loglead", 15.0), ("anomalog", 60.0)):
        stated = _STATED[peer] * events.get(beside, 0)
        timed = get(peer, beside)
        faster = _per(timed or stated, get("build", beside))
        goals.append(Goal(f"{peer} / build", faster, bound, True, "" if timed else "stated figure"))
    # Windows are cut from sessions: their stage groups as well.
    shared = [get(stage) for stage in ("windows", "counts")]
    together = None if None in shared else sum(seconds or 0 for seconds in shared)
    tenfold = _per(get("build"), get("build", largest // 10))
    goals += [
        Goal("build of ten times the lines / build", tenfold, 12.0),
        Goal("build: anonymous memory, MB", get("build", column="peak_mb"), 400.0),
        Goal("build with values in messages / build", _per(get("build_values"), get("build")), 1.3),
        Goal("reader / scan_lines", _per(get("reader"), get("scan_lines")), 1.25),
        Goal("grouping, windows and counts / build", _per(together, get("build")), 0.1),
        Goal("reopen, s", get("reopen"), 0.05),
        Goal("reopen: new memory, MB", get("reopen", column="new_mb"), 20.0),
    ]
    for model in ("template_frequency", "naive_bayes", "markov"):
        share = _per(events.get(largest), 1e7)
        faster = _per(_STATED["anomalog_pass"] * events.get(largest, 0), get(model))
        goals += [
            Goal(f"{model}: fit + score, s per 10M events", _per(get(model), share), 3.0),
            Goal(f"a pass of anomalog / {model}", faster, 100.0, True, "stated figure"),
        ]
    second = _per(get("sweep_one_worker", COMMAND), get("sweep_two_workers", COMMAND))
    goals.append(Goal("second worker: throughput", second, 1.6, True))
    for name, stage, reference, share, bound in (
        ("--help over Hydra, s", "help", "hydra_help", 1.0, 0.5),
        ("--cfg job over Hydra, s", "cfg_job", "hydra_cfg", 1.0, 0.5),
        ("further member of a sweep, s", "sweep_of_11", "sweep_of_1", 10.0, 0.3),
    ):
        more, less = get(stage, COMMAND), get(reference, COMMAND)
        value = None if more is None or less is None else (more - less) / share
        goals.append(Goal(name, value, bound))
    goals += [
        Goal("warm run with MLflow, s", get("run_mlflow", COMMAND), 4.0),
        Goal("warm run with tracking=none, s", get("run_none", COMMAND), 1.5),
    ]
    return [goal for goal in goals if goal.value is not None]


def _per(above: float | None, below: float | None) -> float | None:
    return None if above is None or below is None else above / below


def compared(rows: Sequence[Row], earlier: Sequence[Row]) -> list[Row]:
    """Stages that both benchmarks hold, by their ratios to what was timed beside them."""
    then = {(row["lines"], row["stage"]): row for row in earlier}
    found = []
    for row in rows:
        before = then.get((row["lines"], row["stage"]))
        for ratio in ("to_R2", "to_Hydra"):
            if before and ratio in row and ratio in before:
                change = row[ratio] / before[ratio]
                told = "slower" if change > _NOISE else "faster" if change < 1 / _NOISE else "same"
                found.append(
                    {key: row[key] for key in ("lines", "stage")}
                    | {"before": before[ratio], "now": row[ratio], "change": change, "told": told}
                )
    return found


def markdown(rows: Sequence[Row], columns: dict[str, Callable[[Any], str]]) -> str:
    """A table of the columns, each value written by its function; a row without one leaves it empty."""
    lines = [list(columns), ["---"] * len(columns)]
    lines += [
        ["" if row.get(name) is None else write(row[name]) for name, write in columns.items()]
        for row in rows
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _seconds(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def _size(lines: int) -> str:
    return f"{lines:,}" if lines else "command"


def report(result: dict[str, Any]) -> str:
    """The benchmark as Markdown."""
    stages = markdown(
        result["rows"],
        {
            "lines": _size,
            "stage": str,
            "events_per_s": lambda value: f"{value:,.0f}",
            "seconds": _seconds,
            "peak_mb": lambda value: f"{value:.0f}",
            "new_mb": lambda value: f"{value:.0f}",
            "to_R1": lambda value: f"{value:.2f}",
            "to_R2": lambda value: f"{value:.2f}",
            "to_Hydra": lambda value: f"{value:.2f}",
        },
    )
    goals = markdown(
        result["goals"],
        {
            "name": str,
            "value": lambda value: f"{value:.3g}",
            "bound": lambda value: f"{value:g}",
            "met": lambda met: "yes" if met else "no",
            "note": str,
        },
    )
    parts = [f"{result['machine']}; least of {result['repeats']}", stages, goals]
    if result["compared"]:
        ratio = "{:.2f}".format
        parts.append(
            markdown(
                result["compared"],
                {
                    "lines": _size,
                    "stage": str,
                    "before": ratio,
                    "now": ratio,
                    "change": ratio,
                    "told": str,
                },
            )
        )
    return "\n\n".join(parts) + "\n"
