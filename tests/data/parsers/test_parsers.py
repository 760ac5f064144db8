from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl
import pytest

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.parsers.checked import checked
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.listing import open_option
from tests.composed import composed
from tests.data.parsers.lines import LINES
from tests.data.parsers.test_parser_contract import config_of

HDFS = re.compile(r"(\d{6} \d{6}) \d+ ([A-Z]+ [^ ]+:(?: .*)?)$")
BGL = re.compile(r"(\S+) (\d+) \d{4}\.\d\d\.\d\d (\S+) (\S+) \S+ (.+)$")

CUSTOM = {
    "name": "custom",
    "format": None,
    "regex": None,
    "message_field": "Content",
    "time_fields": ["Date", "Time"],
    "time_format": None,
    "year": None,
    "entity_field": None,
    "entity_pattern": None,
    "label_field": None,
    "normal_label": "-",
}


def parse(lines: list[str], name: str, **options) -> list[dict]:
    """What a parser makes of lines, as a build takes it."""
    parser = open_option("dataset/structured_parser", {"name": name} | options).build_parser()
    frame = parser.parse(pl.Series(lines, dtype=pl.String))
    return checked(frame, parser, len(lines)).to_dicts()


def ms(text: str, form: str) -> int:
    return round(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp() * 1000)


def slow_hdfs(line: str) -> dict:
    found = HDFS.match(line)
    if not found:
        return dict.fromkeys(("time_ms", "message", "entity", "label", "level"))
    when, message = found.groups()
    block = re.search(r"blk_-?\d+", message)
    component = message.split(" ")[1].removesuffix(":")
    return {
        "time_ms": ms(when, "%y%m%d %H%M%S"),
        "message": message,
        "entity": block.group() if block else component,
        "label": None,
        "level": {"INFO": 2, "WARN": 4}[message.split(" ")[0]],
    }


def slow_bgl(line: str) -> dict:
    found = BGL.match(line)
    if not found:
        return dict.fromkeys(("time_ms", "message", "entity", "label", "level"))
    tag, epoch, node, precise, message = found.groups()
    try:
        when = ms(precise, "%Y-%m-%d-%H.%M.%S.%f") // 1
    except ValueError:
        when = int(epoch) * 1000
    level = {"INFO": 2, "WARNING": 4, "ERROR": 5, "SEVERE": 6, "FATAL": 7}[message.split(" ")[2]]
    return {
        "time_ms": when,
        "entity": node,
        "message": message,
        "label": int(tag != "-"),
        "level": level,
    }


@pytest.mark.parametrize(
    ("name", "system", "slow"), [("hdfs", "HDFS", slow_hdfs), ("bgl", "BGL", slow_bgl)]
)
def test_real_lines_read_as_a_slow_regular_expression_reads_them(shared_data, name, system, slow):
    lines = (shared_data / f"loghub_2k/{system}/{system}_2k.log").read_text().splitlines()
    found = parse(lines, name)
    for row, line in zip(found, lines, strict=True):
        expected = slow(line)
        # Milliseconds are cut, not rounded, from a finer clock.
        assert abs(row.pop("time_ms") - expected.pop("time_ms")) <= 1
        assert row == expected


def test_hdfs_lines_worked_out_by_hand():
    lines = [
        "081109 203615 148 INFO dfs.A: x blk_-12 y blk_3",
        "081109 203615 148 INFO dfs.FSNamesystem: no block here",
        "081109 203615 148 INFO dfs.A:",
        "081109 203615 148 info dfs.A: lower",
        "not a line",
        "",
    ]
    rows = parse(lines, "hdfs")
    when = ms("2008-11-09 20:36:15", "%Y-%m-%d %H:%M:%S")
    assert rows[0] == {
        "time_ms": when,
        "entity": "blk_-12",
        "message": lines[0][18:],
        "label": None,
        "level": LEVELS.index("info"),
    }
    assert rows[1]["entity"] == "dfs.FSNamesystem"
    assert rows[2]["message"] == "INFO dfs.A:"
    assert [row["message"] for row in rows[3:]] == [None] * 3


def test_bgl_without_a_precise_time_falls_back_to_the_seconds():
    (row,) = parse(["APPREAD 1117838570 2005.06.03 R02 NULL R02 RAS KERNEL INFO x"], "bgl")
    assert row == {
        "time_ms": 1117838570000,
        "entity": "R02",
        "message": "RAS KERNEL INFO x",
        "label": 1,
        "level": LEVELS.index("info"),
    }


def test_custom_by_format_with_times_entity_and_label():
    options = CUSTOM | {
        "format": "<Flag> <Date> <Time>  [<Node>] <Level>: <Content>",
        "time_format": "%Y-%m-%d %H:%M:%S%.f",
        "entity_field": "Node",
        "label_field": "Flag",
    }
    rows = parse(["- 2024-01-02 03:04:05.678 [n 1] Warn: up: and running", "X nothing"], **options)
    when = ms("2024-01-02 03:04:05.678", "%Y-%m-%d %H:%M:%S.%f")
    assert rows[0] == {
        "time_ms": when,
        "entity": "n 1",
        "message": "up: and running",
        "label": 0,
        "level": LEVELS.index("warning"),
    }
    assert rows[1]["message"] is None


@pytest.mark.parametrize(
    ("form", "line", "expected"),
    [
        ("epoch_s", "1117838570.5 x", 1117838570500),
        ("epoch_ms", "1117838570123 x", 1117838570123),
        ("%Y-%m", "nonsense x", None),
        ("epoch_s", "inf x", None),
        ("epoch_ms", "1e300 x", None),
        ("epoch_s", "1,5 x", None),
    ],
)
def test_custom_times(form, line, expected):
    options = {"format": "<Time> <Content>", "time_fields": ["Time"], "time_format": form}
    (row,) = parse([line], **CUSTOM | options)
    assert row["time_ms"] == expected


def test_custom_year_of_syslog_times():
    options = {
        "format": "<Date> <Day> <Time> <Content>",
        "time_fields": ["Date", "Day", "Time"],
        "time_format": "%b %d %H:%M:%S",
        "year": 2005,
    }
    (row,) = parse(["Nov 9 12:01:01 hello"], **CUSTOM | options)
    assert row["time_ms"] == ms("2005-11-09 12:01:01", "%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("pattern", "entity"),
    [(r"instance: ([\w-]+)", "a-1"), (r"inst\w+", "instance"), (r"(?i)INST\w+", "instance")],
)
def test_custom_entity_from_the_message_by_group_or_whole_match(pattern, entity):
    (row,) = parse(["[instance: a-1] started"], **CUSTOM | {"entity_pattern": pattern})
    assert row["entity"] == entity
    assert row["message"] == "[instance: a-1] started"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "<Content>", "regex": "(?P<Content>.*)"}, "regex"),
        ({"regex": "(?P<Content>.*"}, "it is no pattern: unclosed group\n"),
        (
            {"regex": "(?P<Content>(?=x).*)"},
            "it is no pattern: look-around, including .*not supported\n",
        ),
        ({"format": "<A> <B>"}, "message_field"),
        ({"format": "<A> <Content>", "entity_field": "Nod"}, "entity_field"),
        ({"format": "<A> <Content>", "time_format": "%H"}, "time_fields"),
    ],
)
def test_a_custom_parser_that_cannot_work_is_refused_before_any_line_is_read(options, message):
    with pytest.raises(ConfigError, match=message):
        parse([], **CUSTOM | options)


PRESET_LINES = [
    ("openstack", "nova-api.log 2017-05-16 00:00:00.008 25746 INFO nova.x [req-1 - -] [instance: "
     "b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Started", "2017-05-16 00:00:00.008",
     "b9000564-fe1a-409b-b8cc-1e88b294cd1d", "VM Started"),
    ("apache", "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok", "2005-12-04 04:47:44.000",
     None, "workerEnv.init() ok"),
    ("hadoop", "2015-10-18 18:01:47,978 INFO [main] org.a.B: Created", "2015-10-18 18:01:47.978",
     None, "Created"),
    ("spark", "17/06/09 20:10:40 INFO executor.Backend: Registered", "2017-06-09 20:10:40.000",
     None, "Registered"),
    ("zookeeper", "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:2181:FastLeader@774] - New",
     "2015-07-29 17:41:44.747", None, "New"),
    ("hpc", "134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change",
     "2004-02-26 14:12:22.000", "node-246", "Component State Change"),
    ("openssh", "Dec 10 06:55:46 LabSZ sshd[24200]: reverse mapping failed", "2017-12-10 06:55:46.000",
     "24200", "reverse mapping failed"),
    ("proxifier", "[10.30 16:49:06] chrome.exe - proxy.cse:5070 open", "2016-10-30 16:49:06.000",
     "chrome.exe", "proxy.cse:5070 open"),
    ("android", "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezing", "2017-03-17 16:13:38.811",
     "1702", "printFreezing"),
    ("healthapp", "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
     "2017-12-23 22:15:29.606", "Step_LSC", "onStandStepChanged 3579"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "when", "entity", "message"), PRESET_LINES)
def test_a_preset_reads_a_line_of_its_format(name, line, when, entity, message):

    options = ["dataset=custom", "dataset.source.path=x", f"dataset/structured_parser={name}"]
    parser = composed(*options).dataset.structured_parser.build_parser()
    (row,) = checked(parser.parse(pl.Series([line])), parser, 1).to_dicts()
    assert row["time_ms"] == ms(when, "%Y-%m-%d %H:%M:%S.%f")
    assert row["entity"] == entity
    assert row["message"].endswith(message)


@pytest.mark.parametrize(
    ("option", "levels"),
    [
        ("android", ["debug", "info", "error"]),
        ("apache", ["notice", "error", "error"]),
        ("bgl", ["info", "fatal", "warning"]),
        ("hadoop", ["info", "warning"]),
        ("hdfs", ["info", "warning", "info"]),
        ("openstack", ["info", "warning"]),
        ("spark", ["info", "error"]),
        ("zookeeper", ["info", "warning"]),
        ("healthapp", [None, None]),
        ("thunderbird", [None, None]),
    ],
)
def test_the_level_is_read_where_lines_name_one(option, levels):
    parser = config_of(option).build_parser()
    lines = LINES[option]
    frame = checked(parser.parse(pl.Series(lines)), parser, len(lines))
    assert [None if code is None else LEVELS[code] for code in frame["level"]] == levels


@pytest.mark.parametrize("field", ["Level", "level", "LEVEL", "Severity", "severity"])
def test_a_field_of_a_described_log_that_is_named_for_the_level_is_read_as_it(field):
    for options in (
        {"format": f"<{field}> <Content>"},
        {"regex": f"(?P<{field}>\\S+) (?P<Content>.*)"},
    ):
        rows = parse(["ERROR down", "odd up", "no"], **CUSTOM | options)
        assert [row["level"] for row in rows] == [LEVELS.index("error"), None, None]


def test_thunderbird_lines_worked_out_by_hand():
    head = "1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228"
    rows = parse(
        [
            f"- {head} crond(pam_unix)[2915]: session closed for user root",
            f"ECC {head} kernel: EDAC k8 MC0: error",
            f"VAPI {head} no component here",
            f"- {head} ntpd[1978]: ",
            f"X {head}",
            "nonsense",
        ],
        "thunderbird",
    )
    assert [row["message"] for row in rows] == [
        "session closed for user root",
        "EDAC k8 MC0: error",
        "no component here",
        "",
        "",
        None,
    ]
    assert [row["label"] for row in rows[:5]] == [0, 1, 1, 0, 1]
    assert {row["entity"] for row in rows[:5]} == {"dn228/dn228"}
    assert {row["time_ms"] for row in rows[:5]} == {1131566461000}


ABSURD = ("18446744073709551615", "9223372036854775807", "18446745205275", "99999999999", "1" * 400)


def test_seconds_that_no_thunderbird_clock_shows_are_no_times():
    """As milliseconds of 64 bits some of them would be times of our days."""
    seconds = ["1131566461"] * 3 + list(ABSURD)
    lines = [f"- {s} 2005.11.09 dn1 Nov 9 12:01:01 dn1/dn1 kernel: hello" for s in seconds]
    rows = parse(lines, "thunderbird")
    assert [row["time_ms"] for row in rows] == [1131566461000] * 3 + [None] * len(ABSURD)
    assert {row["message"] for row in rows} == {"hello"}


@pytest.mark.parametrize("form", ["epoch_s", "epoch_ms"])
def test_numbers_that_are_no_times_are_read_as_none(form):
    good = {"epoch_s": "1131566461", "epoch_ms": "1131566461000"}[form]
    absurd = [*ABSURD[:3], "1e20", "1e300", "nan", "inf", "-inf", "-5", "0x10"]
    lines = [f"{number} hello" for number in [good] * 3 + absurd]
    options = {"format": "<T> <Content>", "time_fields": ["T"], "time_format": form}
    rows = parse(lines, **(CUSTOM | options))
    assert [row["time_ms"] for row in rows] == [1131566461000] * 3 + [None] * len(absurd)


def test_every_line_of_the_real_thunderbird_and_openstack_samples_is_read(shared_data):
    lines = (shared_data / "loghub_2k/Thunderbird/Thunderbird_2k.log").read_text().splitlines()
    rows = parse(lines, "thunderbird")
    assert [row["entity"] for row in rows] == [line.split()[7] for line in lines]
    assert all(row["message"] for row in rows)
    assert sum(row["label"] for row in rows) == 0
