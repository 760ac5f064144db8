"""True templates, as they are read from folders laid out as in LogHub."""

from __future__ import annotations

import pytest

from anomalog_exp.data.templates.truth import folders_with_truth, truths_in
from anomalog_exp.errors import DataError

FULL = """LineId,Time,Content,EventId,EventTemplate
1,10:00,"a, 1",E1,"a, <*>"
2,10:00,b,E2,b
3,10:01,"a, 2",E1,"a, <*>"
"""


def test_both_versions_are_read_and_kept_apart(tmp_path):
    (tmp_path / "Own_full.log_structured.csv").write_text(FULL)
    corrected = FULL.replace(',"a, <*>"\n2', ',"a, 1"\n2')
    (tmp_path / "Own_full.log_structured_corrected.csv").write_text(corrected)
    made, mended = truths_in(tmp_path)
    assert (made.version, mended.version) == ("hand-made", "corrected")
    assert made.messages.to_list() == ["a, 1", "b", "a, 2"]
    assert made.codes.tolist() == [0, 1, 0]
    assert made.texts == ("a, <*>", "b")
    # One EventId with two texts is two templates.
    assert mended.codes.tolist() == [0, 1, 2]
    assert mended.texts == ("a, 1", "b", "a, <*>")


def test_ids_tell_templates_apart_where_there_are_no_texts(tmp_path):
    (tmp_path / "x_structured.csv").write_text("Content,EventId\na 1,E1\na 2,E1\nb,E2\n")
    (truth,) = truths_in(tmp_path)
    assert truth.codes.tolist() == [0, 0, 1]
    assert (truth.names, truth.texts) == (("E1", "E2"), None)


def test_lines_without_a_template_are_left_out_and_empty_messages_stay(tmp_path):
    (tmp_path / "x_structured.csv").write_text("Content,EventTemplate\na,\n,none\nb,b\n")
    (truth,) = truths_in(tmp_path)
    assert truth.messages.to_list() == ["", "b"]
    assert truth.texts == ("none", "b")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Content,Other\na,b\n", "there are no true templates in this file"),
        ("EventId,EventTemplate\nE1,b\n", "there are no true templates in this file"),
        ("Content,EventTemplate\na,\n", "no line has a true template"),
        ("", "this is no CSV"),
        ("Content,EventTemplate\na,b,c,d\n", "this is no CSV"),
    ],
)
def test_a_file_that_is_no_truth_is_a_mistake(tmp_path, text, problem):
    (tmp_path / "x_structured.csv").write_text(text)
    with pytest.raises(
        DataError, match=rf"(?s)^FOLDER: {problem}.*value: .*allowed: .*EventTemplate.*to do: "
    ):
        truths_in(tmp_path)


def test_two_files_of_one_version_are_a_mistake(tmp_path):
    for name in ("x_2k", "x_full"):
        (tmp_path / f"{name}.log_structured.csv").write_text(FULL)
    with pytest.raises(DataError, match=r"several files are of one version"):
        truths_in(tmp_path)


def test_a_folder_of_folders_stands_for_them(tmp_path):
    for name in ("b", "a", "none"):
        (tmp_path / name).mkdir()
    for name in ("b", "a"):
        (tmp_path / name / "x_structured_corrected.csv").write_text(FULL)
    (tmp_path / "x.log").write_text("a\n")
    assert folders_with_truth(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert folders_with_truth(tmp_path / "a") == [tmp_path / "a"]
    for path in ("none", "x.log", "nowhere"):
        assert folders_with_truth(tmp_path / path) == []
