"""Test units as a person sees them: whose they are, where they stand in the log, and their raw lines.

The data set is read again from the config of a run, mostly from its cache. Where it cannot be read,
because the log is gone or has changed, `predictions.parquet` says at least where the units stood.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.places import Place, Places
from anomalog_exp.detection.scores import highest_of_rows
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.plural import how_many
from anomalog_exp.progress import Progress
from anomalog_exp.results.anomalies import line_texts
from anomalog_exp.results.bundle import bundle_of
from anomalog_exp.results.comparison.formats import Excerpt
from anomalog_exp.results.comparison.runs import ComparedRun
from anomalog_exp.results.findings import lines_of_rows, telling_rows
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.vocabulary import Vocabulary

__all__ = ["unit_excerpts"]

_LINES = 5
_CONTROL = {code: f"\\x{code:02x}" for code in [*range(9), *range(10, 32), *range(127, 160)]}
"""A log may hold what moves a terminal's cursor."""


def unit_excerpts(
    runs: Sequence[ComparedRun], chosen: Sequence[int], units: str, progress: Progress
) -> tuple[dict[int, Excerpt], str | None]:
    """An excerpt of each chosen unit, and why there are no raw lines where there are none.

    Args:
        runs: Runs of one test part.
        chosen: Places of the units in the scores of each run.
        units: What they are, `events` or `sequences`.
        progress: Told of the reading.
    """
    places = np.unique(np.array(chosen, dtype=np.int64))
    try:
        sequences = _sequences(runs[0], progress)
        of = _events if units == "events" else _whole
        found = of(sequences, places)
    except (ConfigError, OSError) as error:
        problem = str(error).split("\n")[0]
        known = _predicted(runs, places) if units == "sequences" else None
        found = known or [Excerpt(f"{units[:-1]} {place}", ()) for place in places.tolist()]
        return dict(zip(places.tolist(), found, strict=True)), f"There are no raw lines: {problem}"
    return dict(zip(places.tolist(), map(_printable, found), strict=True)), None


def _sequences(run: ComparedRun, progress: Progress) -> SequenceSet:
    """All sequences of a run.

    Raises:
        DataError: the data are not what the run read.
    """
    config = run.config
    bundle = bundle_of(config)
    dataset = load_dataset(
        config.dataset,
        config.template,
        data_dir=config.paths.data_dir,
        cache_dir=config.paths.cache_dir,
        progress=progress,
        parameters=config.reads_parameters,  # the build that the run has made
        templates=bundle.templates if bundle else None,
    )
    if dataset.digest == run.status["data_digest"]:
        sequences = config.sequence.apply(dataset, config.split)
        if np.array_equal(sequences.part(Split.TEST).label, run.scores.sequences.label):
            return sequences
    raise DataError.of(
        "dataset.source",
        (dataset.logs and dataset.logs[0]) or config.dataset.name,
        problem="the data have changed since the run",
        allowed="the bytes that the run read",
        fix="put them back, or run again",
    )


def _whole(sequences: SequenceSet, places: NDArray[np.int64]) -> list[Excerpt]:
    """Excerpts of test sequences: of each the lines whose templates are rarest in training."""
    test, dataset = sequences.part(Split.TEST), sequences.dataset
    trained = Vocabulary.of(sequences.part(Split.TRAIN))
    rows_of = [np.sort(rows) for rows in telling_rows(test, places, None, trained, _LINES)]
    line_of = lines_of_rows(dataset, np.concatenate(rows_of), trained) if rows_of else {}
    found = []
    for place, rows in zip(places.tolist(), rows_of, strict=True):
        own = dataset.line[test.order[test.start[place] : test.stop[place]]]
        ends = [dataset.place(int(end)) for end in (own.min(), own.max())] if len(own) else []
        heading = _heading(place, _entity(dataset, int(test.entity[place])), len(own), ends)
        lines = [text for row in rows.tolist() for text in line_texts(line_of[row])]
        rest = [f"and {len(own) - len(rows)} more events"] if len(own) > len(rows) else []
        found.append(Excerpt(heading, [*lines, *rest]))
    return found


def _events(sequences: SequenceSet, places: NDArray[np.int64]) -> list[Excerpt]:
    """Excerpts of judged events, which are in line order."""
    tested, dataset = sequences.evaluated(), sequences.dataset
    judged, _ = highest_of_rows(tested, np.zeros(int(tested.offsets[-1])))
    rows = judged[places]
    line_of = lines_of_rows(dataset, rows, Vocabulary.of(sequences.part(Split.TRAIN)))
    return [
        Excerpt(_entity(dataset, int(dataset.entity[row])) or "event", line_texts(line_of[row]))
        for row in rows.tolist()
    ]


def _predicted(runs: Sequence[ComparedRun], places: NDArray[np.int64]) -> list[Excerpt] | None:
    """Headings of test sequences from the first run that kept its predictions."""
    for run in runs:
        if run.stored.paths.predictions_path.name in run.status["files"]:
            rows = run.stored.predictions[places].to_dicts()
            stood = Places(run.stored.dataset_manifest["dataset"])
            return [
                _printable(
                    Excerpt(
                        _heading(row["sequence"], row["entity"], row["events"], _ends(row, stood)),
                        (),
                    )
                )
                for row in rows
            ]
    return None


def _ends(row: dict[str, list[list[int]]], stood: Places) -> list[Place]:
    numbers = [number for ends in row["line_ranges"] for number in ends]
    return [stood.of(min(numbers)), stood.of(max(numbers))] if numbers else []


def _heading(place: int, entity: str | None, events: int, ends: list[Place]) -> str:
    where = f", in {ends[0].up_to(ends[1])}" if ends else ""
    return f"{entity or f'sequence {place}'}: {how_many(events, 'event')}{where}"


def _entity(dataset: LogDataset, code: int) -> str | None:
    return str(dataset.entities[code]) if code >= 0 else None


def _printable(excerpt: Excerpt) -> Excerpt:
    lines = [line.translate(_CONTROL) for line in excerpt.lines]
    return Excerpt(excerpt.heading.translate(_CONTROL), lines)
