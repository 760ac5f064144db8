"""The detectors of Landauer et al. 2024 against their evaluation, worked out in plain Python, on real sessions.

It is that of evaluate.py in github.com/ait-aecid/anomaly-detection-log-datasets: of a hundred thresholds
the one of largest F1 on the test part, an oracle.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.progress import SILENT
from anomalog_exp.results import read_run

Sessions = list[list[str]]


@pytest.fixture(scope="module")
def folder(shared_data) -> Path:
    return shared_data / "sessions/openstack_loghub"


def sessions(folder: Path, part: str) -> Sessions:
    lines = (folder / f"openstack_{part}").read_text().splitlines()
    return [
        events.split() for _, _, events in (line.partition(",") for line in lines) if events.split()
    ]


def of_counts(train: Sessions, session: list[str]) -> float:
    """The least distance of counts: what differs, by the most that could."""
    counts, distances = Counter(session), []
    for known in map(Counter, train):
        kinds = counts.keys() | known.keys()
        differ = sum(abs(counts[kind] - known[kind]) for kind in kinds)
        distances.append(differ / sum(max(counts[kind], known[kind]) for kind in kinds))
    return min(distances)


def of_edits(train: Sessions, session: list[str]) -> float:
    """The least number of edits, by the length of the longer."""
    return min(
        Levenshtein.distance(known, session) / max(len(known), len(session)) for known in train
    )


def of_new_events(train: Sessions, session: list[str]) -> float:
    return float(bool(set(session) - {event for known in train for event in known}))


def of_length(train: Sessions, session: list[str]) -> float:
    lengths = [len(known) for known in train]
    return float(not min(lengths) <= len(session) <= max(lengths))


def best_f1(distances: np.ndarray, anomalous: np.ndarray) -> tuple[float, float]:
    """The largest F1 of a hundred thresholds, and the first of them that reaches it."""
    found = []
    for threshold in np.arange(100) / 100:
        flagged = distances >= threshold
        tp = int((flagged & anomalous).sum())
        wrong = int((flagged != anomalous).sum())
        found.append((tp / (tp + 0.5 * wrong), -threshold))
    f1, threshold = max(found)
    return f1, -threshold


DISTANCES = {
    "event_count_vector": of_counts,
    "edit_distance": of_edits,
    "new_event": of_new_events,
    "sequence_length": of_length,
}


@pytest.mark.parametrize("model", list(DISTANCES))
def test_scores_and_the_best_f1_are_theirs_to_the_digit(folder, tmp_path, model):
    train, normal, abnormal = (
        sessions(folder, part) for part in ("train", "test_normal", "test_abnormal")
    )
    known = {tuple(one): DISTANCES[model](train, one) for one in normal + abnormal}
    theirs = np.array([known[tuple(one)] for one in normal + abnormal])
    anomalous = np.arange(len(theirs)) >= len(normal)
    places = [f"paths.{at}={tmp_path / at}" for at in ("data_dir", "cache_dir", "output_dir")]
    given = ["dataset=sessions", f"dataset.source.path={folder}", f"model={model}"]
    quiet = ["tracking=none", "report.page=false", "evaluation.bootstrap_samples=10"]
    config = load_run_config([*given, "model/decision=best_f1", *places, *quiet])
    stored = read_run(run(config, progress=SILENT).run_dir)
    units = stored.scores.sequences
    assert (units.label == 1).tolist() == anomalous.tolist()
    if model in ("new_event", "sequence_length"):
        assert (units.score > 0).tolist() == (theirs > 0).tolist()
    else:
        assert units.score == pytest.approx(theirs, abs=1e-12)
        assert best_f1(units.score, anomalous) == best_f1(theirs, anomalous)
    # Any threshold is at least as good as one of a hundred, and the result is marked as an oracle's.
    assert stored.report.primary.headline["f1"] >= best_f1(theirs, anomalous)[0] - 1e-8
    assert stored.report.task.decision.oracle
