"""Formats of times against `datetime.strptime`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anomalog_exp.data.parsers.times.named import time_format, time_format_or_any
from anomalog_exp.data.parsers.times.strptime import StrptimeFormat
from anomalog_exp.errors import ConfigError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATES = [
    "%Y-%m-%d",
    "%d/%b/%Y",
    "%m.%d.%y",
    "%a %b %d %Y",
    "%A, %B %d %Y",
    "%Y%m%d",
    "%Y-%j",
    "%Y %U %w",
    "%Y %W %a",
    "%G-%V-%u",
    "%x",
    "%Y",
]
CLOCKS = [
    "",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    ":%H:%M:%S,%f",
    "T%H%M%S",
    " %I:%M %p",
    " %I:%M:%S%f %p",
    " %X",
    " %H",
    " 100%% %M",
]
ZONES = ["", "%z", " %z"]
TIMES = st.datetimes(datetime(1969, 1, 2), datetime(2068, 12, 30))
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def ms(texts: list[str | None], form: str, year: int | None = None) -> list[int | None]:
    """Milliseconds of texts; before 1970 there are no times of logs."""
    found = time_format(form, year).ms(pl.Series(texts, dtype=pl.String))
    return [None if time is None or time < 0 else time for time in found]


def pythons(text: str, form: str) -> int | None:
    try:
        time = datetime.strptime(text, form)
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    since = (time - EPOCH) // timedelta(milliseconds=1)
    return None if since < 0 else since


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(DATES), st.sampled_from(CLOCKS), st.sampled_from(ZONES), TIMES, OFFSETS,
    st.integers(0, 40), st.sampled_from("0123456789 :-+./Z"),
)  # fmt: skip
@example("%Y-%m-%d", " %H:%M:%S.%f", "", datetime(2024, 1, 2, 3, 4, 5, 678901), UTC, 40, "0")
@example("%m.%d.%y", "", "", datetime(1969, 6, 1), UTC, 40, "0")
def test_texts_are_read_as_python_reads_them(date, clock, zone, time, offset, place, character):
    form = date + clock + zone
    text = time.replace(tzinfo=offset).strftime(form)
    changed = text[:place] + character + text[place + 1 :]
    expected = [pythons(text, form), pythons(changed, form)]
    assert ms([text, changed, None, ""], form) == [*expected, None, None]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%Y-%m-%d %H:%M:%S,%f", "2024-01-02 03:04:05,6"),
        ("%Y-%m-%d %H:%M:%S,%f", "2024-01-02 03:04:05,678901"),
        ("%Y-%m-%d %H:%M:%S", "2024-01-02 03:04:60"),
        ("%Y-%m-%d %H:%M:%S", "2024-1-2 3:4:5"),
        ("%Y-%m-%d %H:%M:%S", "2024-01-02   03:04:05"),
        ("%Y-%m-%d %H:%M:%S", "2024-01-0203:04:05"),
        ("%Y-%m-%d %H:%M:%S", "2024-02-30 03:04:05"),
        ("%a %b %d %H:%M:%S %Y", "Mon Dec 04 04:47:44 2005"),
        ("%b %d %Y", "dEc  4 2005"),
        ("%Y-%m-%d %H:%M:%S %Z", "2024-01-02 03:04:05 UTC"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-02T03:04:05Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-02T03:04:05+05:30:15"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-01-02T03:04:05-2400"),
        ("%Y%m%d%H%M%S", "2024012030405"),
        ("%H:%M", "24:00"),
    ],
)
def test_texts_that_other_readers_take_otherwise(form, text):
    assert StrptimeFormat(form).ms(pl.Series([text])).to_list() == [pythons(text, form)]


@pytest.mark.parametrize(
    ("form", "text", "same"),
    [
        ("%Y-%m-%d %H:%M:%S%.f", "2024-01-02 03:04:05.678", "2024-01-02T03:04:05.678"),
        ("%Y-%m-%d %H:%M:%S%.f", "2024-01-02 03:04:05", "2024-01-02T03:04:05"),
        ("%Y-%m-%d %H:%M:%S%.f", "2024-01-02 03:04:05.123456789", "2024-01-02T03:04:05.123"),
        ("%Y-%m-%d %H:%M:%S%.3f", "2024-01-02 03:04:05.678", "2024-01-02T03:04:05.678"),
        ("%Y-%m-%d %H:%M:%S,%3f", "2024-01-02 03:04:05,678", "2024-01-02T03:04:05.678"),
        ("%Y%m%d-%H:%M:%S:%3f", "20171223-22:15:29:606", "2017-12-23T22:15:29.606"),
        ("%F %T", "2024-01-02 03:04:05", "2024-01-02T03:04:05"),
        ("%D %R", "01/02/24 03:04", "2024-01-02T03:04"),
        ("%e %h %Y", " 2 Jan 2024", "2024-01-02"),
        ("%Y-%m-%d %H:%M:%S %:z", "2024-01-02 03:04:05 +01:00", "2024-01-02T02:04:05"),
        ("iso8601", "2024-05-06T07:08:09.123Z", "2024-05-06T07:08:09.123"),
        ("iso8601", "2024-05-06 07:08:09,123456", "2024-05-06T07:08:09.123"),
        ("iso8601", "20240506T070809+0200", "2024-05-06T05:08:09"),
        ("iso8601", "2024-05-06T07:08:09-03:30", "2024-05-06T10:38:09"),
        ("iso8601", "2024-05-06T07:08+02", "2024-05-06T05:08"),
        ("iso8601", "2024-05-06 07:08:09.5 +0000 UTC", "2024-05-06T07:08:09.500"),
        ("iso8601", "2024-05-06", "2024-05-06"),
        ("epoch_s", "1714979289.5", "2024-05-06T07:08:09.500"),
        ("epoch_ms", "1714979289123", "2024-05-06T07:08:09.123"),
        ("epoch_us", "1714979289123999", "2024-05-06T07:08:09.123"),
        ("epoch_ns", "1714979289123999999", "2024-05-06T07:08:09.123"),
    ],
)
def test_other_names_and_directives(form, text, same):
    expected = round(datetime.fromisoformat(same).replace(tzinfo=UTC).timestamp() * 1000)
    # Beside others, and alone.
    assert ms([text], form) == [expected]
    assert ms(["nonsense", text, None, text], form) == [None, expected, None, expected]


@pytest.mark.parametrize(
    "text", ["2024-13-01", "2024-02-30T00:00:00", "2024-05-06T25:00:00Z", "2024-05-06T07:08:60Z", "6.5.2024", "2024-05-06T07:08:09+99:99", ""]
)  # fmt: skip
def test_what_is_no_time_of_iso_8601(text):
    assert ms([text], "iso8601") == [None]


def test_a_time_without_a_form_is_known_by_its_look():
    texts = [
        "1714979289",
        "1714979289.123",
        "1714979289123",
        "1714979289123456",
        "1714979289123456789",
        "2024-05-06T07:08:09Z",
        "soon",
        None,
    ]
    when = 1714979289000
    found = time_format_or_any(None, None).ms(pl.Series(texts))
    assert [time and time // 1000 * 1000 for time in found] == [when] * 6 + [None, None]


@pytest.mark.parametrize(
    ("form", "year", "problem"),
    [
        ("%Q", 2024, "no directive %Q"),
        ("%Y %Y", None, "%Y stands twice"),
        ("now", 2024, "holds no directive"),
        ("%Y %", None, "no directive %"),
        ("%G-%V", None, "%G and %V stand together"),
        ("%b %d", None, "has no year"),
    ],
)
def test_a_format_that_cannot_be_is_an_error_in_four_parts(form, year, problem):
    with pytest.raises(ConfigError, match=rf"(?s){problem}.*value:.*allowed:.*to do:"):
        time_format(form, year)


def test_the_year_of_times_without_one_is_the_one_that_is_said():
    (found,) = ms(["Feb 29 01:02:03"], "%b %d %H:%M:%S", 2024)
    assert found == pythons("2024 Feb 29 01:02:03", "%Y %b %d %H:%M:%S")
    assert ms(["Feb 29 01:02:03"], "%b %d %H:%M:%S", 2023) == [None]
