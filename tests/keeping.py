"""Detectors that are fitted and kept in one process, and what they say in another one.

`python -m tests.keeping FOLDER` loads every detector that was kept below the folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.state import load, save
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.detectors import model_config

TOP = 3


def demo(folder: Path) -> SequenceSet:
    """Sequences of the demo, read from a cache below the folder."""
    paths = [f"paths.data_dir={folder / 'data'}", f"paths.cache_dir={folder / 'cache'}"]
    config = load_run_config(["dataset.source.lines=3000", *paths])
    dataset = load_dataset(
        config.dataset,
        config.template,
        data_dir=config.paths.data_dir,
        cache_dir=config.paths.cache_dir,
        progress=SILENT,
        parameters=True,
    )
    return config.sequence.apply(dataset, config.split)


def arrays_of(detector: Detector, sequences: SequenceSet) -> dict[str, NDArray[Any]]:
    """The figures of all sequences and events, as far as the detector has them."""
    figures = {
        "scores": detector.score(sequences),
        "event scores": detector.score_events(sequences),
        "ranks": detector.rank_next_events(sequences),
    }
    return {name: figure for name, figure in figures.items() if figure is not None}


def words_of(detector: Detector, sequences: SequenceSet) -> dict[str, Any]:
    """What else it says, as JSON gives it back."""
    said = {
        "explanations": detector.explain(sequences, TOP),
        "manifest": detector.manifest(),
        "own threshold": detector.own_threshold,
    }
    return json.loads(json.dumps(said, allow_nan=False))


def keep(folder: Path, detectors: Mapping[str, Detector]) -> None:
    for name, detector in detectors.items():
        save(detector.state(), folder / "states" / name)


def main(folder: Path) -> None:
    test = demo(folder).part(Split.TEST).unlabelled()
    for state in sorted((folder / "states").iterdir()):
        detector = model_config(state.name).build_detector()
        detector.restore(load(state, detector.trusted_types))
        said = folder / "said" / state.name
        said.mkdir(parents=True)
        np.savez(said / "arrays.npz", **arrays_of(detector, test))
        (said / "words.json").write_text(json.dumps(words_of(detector, test)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
