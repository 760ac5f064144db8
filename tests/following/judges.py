"""Bundles of judges that trained on a small demo log, and what each of them makes of the log as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.detection.calibrate import Training
from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.outcome import Outcome
from anomalog_exp.following import FollowOptions, follow
from anomalog_exp.progress import SILENT
from anomalog_exp.results import Bundle, read_bundle
from anomalog_exp.results.bundle import write_bundle
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.splits.only_tested import OnlyTestedSplitConfig

__all__ = ["Trained", "followed", "options", "trained"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A bundle, and the whole log as its judge sees it when it is finished.

    Attributes:
        bundle: What was kept.
        log: The log that trained, a part of it.
        sequences: All sequences of the log.
        outcome: What the judge makes of them.
    """

    bundle: Bundle
    log: Path
    sequences: SequenceSet
    outcome: Outcome

    def lines(self) -> list[bytes]:
        """The lines of the log."""
        return self.log.read_bytes().splitlines(keepends=True)

    def figures(self) -> dict[tuple[Any, ...], float]:
        """Entity, first line and events of each sequence -> its score."""
        dataset, sequences = self.sequences.dataset, self.sequences
        names = dataset.entities.to_list()
        return {
            (
                names[entity] if entity >= 0 else None,
                str(dataset.place(int(dataset.line[sequences.order[start:stop]].min()))),
                int(stop - start),
            ): float(score)
            for entity, start, stop, score in zip(
                sequences.entity.tolist(),
                sequences.start,
                sequences.stop,
                self.outcome.scores,
                strict=True,
            )
            if stop > start
        }


@cache
def trained(folder: Path, *overrides: str) -> Trained:
    """The bundle of a config, over 3,000 lines of the demo unless it names a log; kept below a folder."""
    demo = ["dataset.source.lines=3000", "dataset.source.anomaly_fraction=0.2"]
    config = load_run_config(
        [
            *(() if "dataset=custom" in overrides else demo),
            f"paths.data_dir={folder / 'data'}",
            f"paths.cache_dir={folder / 'cache'}",
            *overrides,
        ]
    )
    dataset = load_dataset(
        config.dataset,
        config.template,
        data_dir=config.paths.data_dir,
        cache_dir=config.paths.cache_dir,
        progress=SILENT,
        parameters=True,
    )
    sequences = config.sequence.apply(dataset, config.split)
    training = Training.of(config.model, sequences.part(Split.TRAIN), None, sequences)
    judge = Judge.decided(training, training.fitted())
    kept = folder / "bundles" / str(len(list(folder.glob("bundles/*"))))
    write_bundle(kept, config, "0" * 16, sequences, judge)
    bundle = read_bundle(kept)
    every = config.sequence.apply(dataset, OnlyTestedSplitConfig(name="test_only"))
    return Trained(bundle, dataset.logs[0], every, bundle.judge.judge(every))


def options(log: Path, output: Path | None, **others: Any) -> FollowOptions:
    """One pass over a file, in which no session ends before the log does."""
    usual = {
        "state": None,
        "fresh": False,
        "idle_s": 1e9,
        "flush_s": 1.0,
        "most_open": 1_000_000,
        "every": True,
        "once": True,
        "stats_s": 0.0,
    }
    return FollowOptions(path=log, output=output, **(usual | others))


def followed(bundle: Bundle, chosen: FollowOptions) -> list[dict[str, Any]]:
    """What following a log writes into its file, all of it."""
    follow(bundle, chosen, lambda text: None)
    assert chosen.output is not None
    return [json.loads(line) for line in chosen.output.read_text().splitlines()]


def figures_of(found: list[dict[str, Any]]) -> dict[tuple[Any, ...], float]:
    """As `Trained.figures`, of what was written."""
    return {
        (one["entity"], one["first"], one["events"]): one["score"]
        for one in found
        if one["kind"] == "sequence" and one["events"]
    }


def assert_same(found: list[dict[str, Any]], expected: Trained) -> None:
    """See that all sequences were judged as in the finished log."""
    here, there = figures_of(found), expected.figures()
    assert here.keys() == there.keys()
    tolerance = type(expected.bundle.judge.detector).tolerance
    scores = [np.array([one[key] for key in there]) for one in (here, there)]
    if tolerance:
        np.testing.assert_allclose(*scores, rtol=tolerance, atol=tolerance)
    else:
        assert scores[0].tobytes() == scores[1].tobytes()
