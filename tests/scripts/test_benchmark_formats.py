"""The benchmark of formats measures what it says, on a few lines of each."""

from __future__ import annotations

import benchmark_formats


def test_every_format_is_read_and_compared_with_one_that_is_described(capsys):
    benchmark_formats.main(["--lines", "200", "--repeats", "1"])
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split("  ")[0] for row in rows] == list(benchmark_formats.FORMATS)
    assert rows[0].split()[-1] == "1.0000"
