from __future__ import annotations

from pathlib import Path

import pytest

from anomalog_exp.data.reading.label_reader import CSVLabelReaderConfig
from anomalog_exp.errors import DataError


def read(tmp_path, text: str | bytes, **changes) -> dict[str, int]:
    (tmp_path / "labels.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    options = {
        "relative_path": "labels.csv",
        "entity_column": "BlockId",
        "label_column": "Label",
        "missing_label": None,
    }
    frame = CSVLabelReaderConfig.of(options | changes).build().read(tmp_path)
    return dict(zip(frame["entity"], frame["label"], strict=True))


def test_every_spelling_of_a_label_is_read_and_other_columns_are_not(tmp_path):
    text = "x,Label,BlockId\n1,Normal,a\n2,ANOMALY,b\n3,0,c\n4, 1 ,d\n5,Normal,a\n"
    assert read(tmp_path, text) == {"a": 0, "b": 1, "c": 0, "d": 1}


def test_words_of_ones_own_are_read(tmp_path):
    text = "BlockId,Label\na,ok\nb,BAD\nc, ok \n"
    assert read(tmp_path, text, normal_values=["ok"]) == {"a": 0, "b": 1, "c": 0}
    assert read(tmp_path, text, anomalous_values=["bad"]) == {"a": 0, "b": 1, "c": 0}
    with pytest.raises(DataError, match=r"no readable label(?s:.*)allowed: ok, fault"):
        read(tmp_path, text, normal_values=["ok"], anomalous_values=["fault"])


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        ("BlockId,Label\na,Normal\na,Anomaly\n", {}, "entity a is labelled both 0 and 1"),
        ("BlockId,Label\na,maybe\nb,1\n", {}, "labels.csv: 1 row has no readable label"),
        ("BlockId,Label\na,\n", {}, "no readable label"),
        ("BlockId,Label\na,1\n", {"label_column": "Klass"}, "label_column: labels.csv has no such"),
        ("BlockId,Label\na,1\n", {"entity_column": "Id"}, "entity_column: labels.csv has no such"),
        ("", {"relative_path": Path("nowhere.csv")}, "there is no such file"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, changes, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, **changes)


def test_empty_lines_are_no_rows(tmp_path):
    assert read(tmp_path, "BlockId,Label\n\na,Normal\n\n\nb,1\n\n") == {"a": 0, "b": 1}


HEAD = b"BlockId,Label\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "empty CSV"),
        (b"\n\n", "empty CSV"),
        (HEAD + b"a,1,2\n", "found more fields"),
        (HEAD + b"a\n", "labels.csv: 1 row has no readable label"),
        (HEAD + b"bl\xffk,1\n", "invalid utf-8"),
        (HEAD + b'"a,1\nb,0\n', "could not parse"),
        (HEAD + b'a,"1\n', "could not parse"),
        (b"\x1f\x8bno gzip", "this is no CSV that can be read"),
        (("BlockId,Label\na,1\n").encode("utf-16"), "labels.csv has no such column"),
        (b"BlockId,Label,Label\na,1,0\n", "labels.csv has several columns of this name"),
    ],
)
def test_a_file_that_is_no_such_csv_is_an_error_in_four_parts(tmp_path, text, problem):
    with pytest.raises(DataError, match=problem) as raised:
        read(tmp_path, text)
    key, *parts = str(raised.value).splitlines()
    assert key.startswith("dataset.label_reader.")
    assert [part.split(":")[0].strip() for part in parts] == ["value", "allowed", "to do"]
