from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.data.dataset import NO_TIME
from anomalog_exp.data.reading.years import YearsPassed
from tests.logs import built


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
        # A late line of the old year is more than 330 days above the first one of the new year.
        (["2005-12-20", "2005-01-10", "2005-12-07"], ["2005-12-20", "2006-01-10", "2005-12-07"]),
        (["2005-12-20", "2005-01-10", "2005-12-06"], ["2005-12-20", "2006-01-10", "2006-12-06"]),
        # A new year begins where times fall back by more than 183 days.
        (["2005-12-31", "2005-06-30"], ["2005-12-31", "2006-06-30"]),
        (["2005-12-31", "2005-07-01"], ["2005-12-31", "2005-07-01"]),
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


DAYS = st.sampled_from([0, 1, 5, 100, 182, 200, 300, 331, 363, 364]) | st.integers(0, 364)


@given(st.lists(st.none() | DAYS), st.lists(st.integers(0, 20)))
def test_years_are_counted_as_line_by_line_whatever_the_blocks(days, cuts):
    begin, day_ms = ms("2005-01-01"), 86_400_000
    times = np.array([NO_TIME if day is None else begin + day * day_ms for day in days], np.int64)
    years, last, slow = 0, None, []
    for day in days:
        if day is not None:
            if last is not None and day - last < -183:
                years += 1
            elif last is not None and day - last > 330:
                years = max(0, years - 1)
            last = day
        slow.append(None if day is None else 2005 + years)
    whole = YearsPassed().dated(times)
    found = whole.astype("datetime64[ms]").astype("datetime64[Y]").astype(int) + 1970
    assert [year for year, day in zip(found, days, strict=True) if day is not None] == [
        year for year in slow if year is not None
    ]
    parts = np.split(times, sorted(min(cut, len(times)) for cut in cuts))
    passed = YearsPassed()
    assert np.concatenate([passed.dated(part) for part in parts]).tolist() == whole.tolist()


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
    found = built(config, tmp_path / "a.log", tmp_path / "built", block_bytes=block_bytes)
    meant = ["2005-12-30", "2005-12-31", "2006-01-01", "2006-01-02"]
    assert found.time_ms.tolist() == [ms(f"{day}T12:00:00") for day in meant]
    assert found.manifest["last_time_ms"] == ms("2006-01-02T12:00:00")


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_times_that_name_their_year_keep_it_beside_others(tmp_path: Path, block_bytes: int):
    lines = {
        "2005-03-01T12:00:00Z": "",
        "2005-11-01T12:00:00Z": "Nov  1 12:00:00 host app: went up",
        # Another file begins again; that alone is no New Year.
        "2005-02-01T12:00:00Z": "",
        "2006-01-02T12:00:00Z": "Jan  2 12:00:00 host app: went up",
        "2005-12-31T12:00:00Z": "",
    }
    texts = [text or f'{{"ts": "{time}", "msg": "went up"}}' for time, text in lines.items()]
    (tmp_path / "a.log").write_text("\n".join(texts) + "\n")
    parsers = "dataset.structured_parser.parsers=[json,{syslog: {year: 2005}}]"
    config = load_run_config(
        ["dataset=custom", f"dataset.source.path={tmp_path / 'a.log'}",
         "dataset/structured_parser=several", parsers]
    )  # fmt: skip
    found = built(config, tmp_path / "a.log", tmp_path / "built", block_bytes=block_bytes)
    assert found.time_ms.tolist() == [ms(time.rstrip("Z")) for time in lines]
