"""Labels of events by numbers of lines, patterns, ranges of time, and fields."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from anomalog_exp.data.columns import UNLABELLED
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.reading.label_readers import LABEL_READERS, label_reader_config
from anomalog_exp.errors import ConfigError, DataError
from tests.composed import composed
from tests.logs import built

PLAIN = "start\n\nwork\nbad luck\nstop\nnothing"
JSON = "".join(
    f'{{"msg":"work","ts":{1714979289 + i},"verdict":"{verdict}"}}\n'
    for i, verdict in enumerate(["ok", "Bad", "ok", "maybe"])
) + '{"msg":"no time, no verdict"}\n'  # fmt: skip


def read(
    tmp_path: Path, text: str, reader: str, *overrides: str, labels: str = "", block_bytes: int = 20
) -> LogDataset:
    log = tmp_path / "a.log"
    log.write_text(text)
    (tmp_path / "labels").write_text(labels)
    chosen = ["dataset=custom", f"dataset.source.path={log}", f"dataset.label_reader={reader}"]
    config = composed(*chosen, *overrides)
    directory = tempfile.mkdtemp(dir=tmp_path)
    return built(config, log, Path(directory, "built"), block_bytes=block_bytes)


AS_JSON = "dataset/structured_parser=json"
LINES = "{name: lines, relative_path: labels}"
RANGES = "{name: time_ranges, relative_path: labels}"
FIELD = "{{name: field, field: verdict, normal_values: {}, anomalous_values: {}}}"


def test_lines_are_counted_from_1_and_count_where_they_are_no_events(tmp_path):
    dataset = read(tmp_path, PLAIN, LINES, labels="2\n 4 - 5 \n\n")
    assert dataset.line.tolist() == [0, 2, 3, 4, 5]
    assert dataset.label.tolist() == [0, 0, 1, 1, 0]
    assert dataset.unrowed_anomalies.tolist() == [1]
    assert dataset.manifest["events_labelled"] == 5
    assert dataset.manifest["events_anomalous"] == 2


def test_a_pattern_labels_whole_lines(tmp_path):
    dataset = read(tmp_path, PLAIN, "{name: pattern, pattern: '^bad|stop'}")
    assert dataset.label.tolist() == [0, 0, 1, 1, 0]
    assert dataset.manifest["events_anomalous"] == 2


def test_ranges_of_time_hold_both_ends_overlap_and_may_be_open(tmp_path):
    labels = (
        "why,begin,end\nx,2024-05-06T07:08:10Z,2024-05-06T07:08:10Z\n"
        "y,2024-05-06 07:08:09,2024-05-06 07:08:09\nz,2024-05-06T09:08:12+02:00,\n"
    )
    dataset = read(tmp_path, JSON, RANGES, AS_JSON, labels=labels)
    assert dataset.label.tolist() == [1, 1, 0, 1, UNLABELLED]
    assert dataset.manifest["events_labelled"] == 4


@pytest.mark.parametrize(
    ("normal", "anomalous", "expected"),
    [
        ("[ok]", "null", [0, 1, 0, 1, UNLABELLED]),
        ("null", "[bad]", [0, 1, 0, 0, UNLABELLED]),
        ("[ok]", "[bad]", [0, 1, 0, UNLABELLED, UNLABELLED]),
    ],
)
def test_a_field_labels_by_any_words(tmp_path, normal, anomalous, expected):
    dataset = read(tmp_path, JSON, FIELD.format(normal, anomalous), AS_JSON)
    assert dataset.label.tolist() == expected


@pytest.mark.parametrize(
    ("reader", "labels", "problem"),
    [
        ("{name: [1]}", "", "name: labels are not read in this way"),
        ("{name: linse}", "", "name: labels are not read in this way(?s:.*)did you mean 'lines'"),
        (LINES, "4\nfive\n", "1 line does not hold the number of a line, as 'five'"),
        (LINES, "0\n", "as '0'"),
        (LINES, "5-4\n", "as '5-4'"),
        (RANGES, "begin,until\n", "labels has no such column(?s:.*)begin, until"),
        (RANGES, "begin,end\nnoon,\n", "1 row does not hold a range of time, as noon to None"),
        (RANGES, "begin,end\n2024-01-02,2024-01-01\n", "as 2024-01-02 to 2024-01-01"),
        ("{name: pattern, pattern: '('}", "", "label_reader.pattern: it is no pattern"),
        (FIELD.format("null", "null"), "", "it labels none of 5 events"),
        (FIELD.format("[ok]", "[OK]"), "", "said to mean normal as well"),
        ("{name: lines, relative_path: gone}", "", "there is no such file"),
    ],
)
def test_what_cannot_label_is_an_error_in_four_parts(tmp_path, reader, labels, problem):
    with pytest.raises(ConfigError, match=problem) as raised:
        read(tmp_path, JSON, reader, AS_JSON, labels=labels)
    key, *parts = str(raised.value).splitlines()
    assert key.startswith("dataset.label_reader")
    assert [part.split(":")[0].strip() for part in parts] == ["value", "allowed", "to do"]


def test_a_field_that_lines_do_not_have_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"label_reader\.field: the lines have no such field"):
        read(tmp_path, PLAIN, FIELD.format("[ok]", "null"))


def test_labels_that_label_nothing_anomalous_are_warned_of(tmp_path, caplog):
    read(tmp_path, PLAIN, "{name: pattern, pattern: never}")
    assert (
        "no event of 5 is labelled anomalous by dataset.label_reader (name: pattern, "
        in caplog.text
    )
    read(tmp_path, JSON, FIELD.format("[ok,Bad,maybe]", "null"), AS_JSON)
    assert "(name: field, field: verdict, normal_values: [ok, Bad, maybe])" in caplog.text


def test_labels_of_lines_behind_the_end_of_the_log_are_refused(tmp_path):
    labels = "1\n6-99\n" + "".join(f"{line}\n" for line in range(7, 14))
    with pytest.raises(DataError, match="lines that the log does not have") as raised:
        read(tmp_path, PLAIN, LINES, labels=labels)
    first, value, allowed, _ = str(raised.value).splitlines()
    assert first.endswith(": 7, 8, 9, 10, 11, ...")
    assert value.endswith("name: lines, relative_path: labels")
    assert "from 1 to 6, which is how many the log has" in allowed
    # Of a part of a log nobody knows where it ends.
    dataset = read(tmp_path, PLAIN, LINES, "dataset.line_range=[0,3]", labels=labels)
    assert dataset.label.tolist() == [1, 0]


def test_a_mapping_without_a_name_labels_entities_and_is_recorded_as_before():
    values = {
        "relative_path": "x.csv",
        "entity_column": "a",
        "label_column": "b",
        "missing_label": None,
    }
    reader = label_reader_config(values)
    assert reader.name == "entities"
    assert reader.model_dump(mode="json") == values
    assert label_reader_config(values | {"name": "entities"}) == reader
    more = values | {"normal_values": ["ok"], "anomalous_values": None}
    assert label_reader_config(more).model_dump(mode="json") == values | {"normal_values": ["ok"]}


def test_every_reader_has_its_name():
    for name, reader in LABEL_READERS.items():
        assert reader.model_fields["name"].annotation.__args__ == (name,)
