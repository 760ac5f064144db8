from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.data.build import build_dataset
from anomalog_exp.data.dataset import NO_TIME, open_dataset
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.years import YearsPassed
from anomalog_exp.progress import SILENT


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def dated(*days: str | None) -> list[str | None]:
    """Days read as of one year, dated."""
    times = np.array([NO_TIME if day is None else ms(day) for day in days])
    found = YearsPassed().dated(times)
    return [
        None if time == NO_TIME else datetime.fromtimestamp(time / 1000, UTC).date().isoformat()
        for time in found.tolist()
    ]


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (["2005-12-30", "2005-12-31", "2005-01-01"], ["2005-12-30", "2005-12-31", "2006-01-01"]),
        # Lines that come late, on either side of New Year.
        (
            ["2005-12-31", "2005-01-01", "2005-12-31", "2005-01-01", "2005-01-02"],
            ["2005-12-31", "2006-01-01", "2005-12-31", "2006-01-01", "2006-01-02"],
        ),
        (["2005-03-01", "2005-02-01"], ["2005-03-01", "2005-02-01"]),
        (["2005-01-01", "2005-12-31"], ["2005-01-01", "2005-12-31"]),
        (
            ["2003-11-05", "2003-03-01", "2003-11-05", "2003-02-01"],
            ["2003-11-05", "2004-03-01", "2004-11-05", "2005-02-01"],
        ),
        (["2004-12-01", "2004-02-29"], ["2004-12-01", "2005-03-01"]),
        ([None, "2005-12-31", None, "2005-01-01"], [None, "2005-12-31", None, "2006-01-01"]),
        ([], []),
        ([None], [None]),
    ],
)
def test_years_worked_out_by_hand(read, meant):
    assert dated(*read) == meant


@given(st.lists(st.none() | st.integers(0, 364)), st.lists(st.integers(0, 20)))
def test_blocks_decide_nothing(days, cuts):
    times = np.array([NO_TIME if d is None else ms("2005-01-01") + d * 86_400_000 for d in days])
    times = times.astype(np.int64)
    parts = np.split(times, sorted(min(cut, len(times)) for cut in cuts))
    years = YearsPassed()
    found = np.concatenate([years.dated(part) for part in parts])
    assert found.tolist() == YearsPassed().dated(times).tolist()


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_a_log_without_years_is_dated_across_new_year(tmp_path: Path, block_bytes: int):
    days = ["Dec 30", "Dec 31", "Jan 1", "Jan 2"]
    (tmp_path / "a.log").write_text("".join(f"{day} 12:00:00 went up\n" for day in days))
    parser = "dataset.structured_parser"
    config = load_run_config(
        [
            "dataset=custom", f"dataset.source.path={tmp_path / 'a.log'}",
            f"{parser}.format='<Month> <Day> <Time> <Content>'",
            f"{parser}.time_fields=[Month,Day,Time]",
            f"{parser}.time_format='%b %d %H:%M:%S'", f"{parser}.year=2005",
        ]
    )  # fmt: skip
    (tmp_path / "built").mkdir()
    raw = RawFiles(root=tmp_path, log=tmp_path / "a.log")
    build_dataset(
        config.dataset, config.template, raw, tmp_path / "built",
        facts=dict, progress=SILENT, block_bytes=block_bytes,
    )  # fmt: skip
    found = open_dataset(tmp_path / "built", raw.log)
    meant = ["2005-12-30", "2005-12-31", "2006-01-01", "2006-01-02"]
    assert found.time_ms.tolist() == [ms(f"{day}T12:00:00") for day in meant]
    assert found.manifest["last_time_ms"] == ms("2006-01-02T12:00:00")
