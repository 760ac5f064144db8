"""The benchmark of nearest tokens compares its distances with those of all pairs, on a few texts."""

from __future__ import annotations

import benchmark_nearest_tokens


def test_both_kinds_of_texts_are_searched_for_and_compared(capsys):
    benchmark_nearest_tokens.main(["--known", "60", "--lines", "100", "--compared", "60"])
    rows = [row.split(" | ") for row in capsys.readouterr().out.splitlines()[2:]]
    assert [row[:2] for row in rows] == [["| statements", "60"], ["| random", "60"]]
