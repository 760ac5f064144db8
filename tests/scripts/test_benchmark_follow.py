"""The benchmark of following measures what it says, on a few lines."""

from __future__ import annotations

import benchmark_follow


def test_speed_memory_and_delay_are_measured(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ["--lines", "6000", "--demo-lines", "2000", "--work", str(tmp_path)]
    benchmark_follow.main(given)
    header, _, row = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["model", "lines", "lines/s"]
    model, lines, per_second, *memory, ratio, delay = row.split()
    assert (model, lines) == ("markov", "6000")
    assert int(per_second) > 0
    assert all(50 < int(size) < 1000 for size in memory)
    assert float(ratio) > 0
    assert 0 < float(delay) < 30
