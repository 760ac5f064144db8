from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from anomalog_exp.results.predictions import prediction_table
from tests.sequencing import sequence_set
from tests.summaries import summary_of

TEST = 150


def explained(scores: np.ndarray, threshold: float) -> list[int]:
    """Sequences that the table explains, where a detector has evidence for every one of them."""
    sequences = sequence_set(["a", *["b"] * TEST], tested=TEST)
    summary = summary_of(
        sequences,
        scores,
        threshold,
        # The one that trains is entity 0.
        explain=lambda chosen, top: [
            [(f"evidence {entity - 1}", float(top))] for entity in chosen.entity.tolist()
        ],
    )
    table = prediction_table(summary).filter(pl.col("explanation").list.len() > 0)
    for row in table.to_dicts():
        assert row["explanation"] == [{"evidence": f"evidence {row['sequence']}", "weight": 3.0}]
    return table["sequence"].to_list()


@pytest.mark.parametrize("flagged", [0, 1, 99, 100, 101, TEST])
def test_what_is_flagged_is_explained_and_the_hundred_highest_scores_in_any_case(flagged):
    rng = np.random.default_rng(flagged)
    scores = rng.permutation(TEST).astype(np.float64)
    ranked = np.argsort(-scores)
    expected = sorted(ranked[: max(flagged, 100)].tolist())
    assert explained(scores, threshold=TEST - flagged - 0.5) == expected


def test_of_equal_scores_the_first_are_explained():
    assert explained(np.zeros(TEST), threshold=0.0) == list(range(100))
