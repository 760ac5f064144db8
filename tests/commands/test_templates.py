"""What `templates` says of logs, and how well the default masks and miner find LogHub's templates."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from anomalog_exp.commands import run_command
from anomalog_exp.commands._judged import judged
from anomalog_exp.commands._judged_logs import log_of
from anomalog_exp.commands._judged_text import notes
from anomalog_exp.config import load_run_config
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.errors import ConfigError
from tests.command import environment

ROOT = Path(__file__).resolve().parents[2]


def grouping_accuracy(found: list[int], true: list[str]) -> float:
    """Share of lines whose group is exactly a true group."""
    groups: tuple[dict, dict] = (defaultdict(set), defaultdict(set))
    for line, codes in enumerate(zip(found, true, strict=True)):
        for group, code in zip(groups, codes, strict=True):
            group[code].add(line)
    whole = {frozenset(lines) for lines in groups[1].values()}
    right = sum(len(lines) for lines in groups[0].values() if frozenset(lines) in whole)
    return right / len(true)


@pytest.mark.parametrize(
    ("system", "least"), [("HDFS", 0.99), ("BGL", 0.93), ("Thunderbird", 0.90), ("OpenStack", 0.95)]
)
def test_one_general_configuration_finds_the_groups_of_every_system(shared_data, system, least):
    path = shared_data / f"loghub_2k/{system}/{system}_2k.log_structured.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    messages = [row["Content"] for row in rows]
    _, found = Templates.mine(messages, load_run_config().template)
    assert grouping_accuracy(found.tolist(), [row["EventId"] for row in rows]) >= least


def write_truth(folder: Path, corrected: bool = False) -> None:
    """Four lines: the user is a value; whether the last word is one depends on the version."""
    folder.mkdir(exist_ok=True)
    lines = [(f"user {i} is gone", "E1", "user <*> is gone") for i in range(3)]
    lines.append(("user 4 is here", "E2", "user <*> is here"))
    if corrected:
        lines = [(message, "E1", "user <*> is <*>") for message, _, _ in lines]
    name = f"{folder.name}_structured{'_corrected' if corrected else ''}.csv"
    text = "\n".join(["Content,EventId,EventTemplate", *map(",".join, lines)])
    (folder / name).write_text(f"{text}\n")


def shown_rows(shown: str) -> list[dict[str, str]]:
    """The rows of the table, whose cells hold no spaces, up to the empty line behind it."""
    header, _, *lines = shown.split("\n\n")[0].splitlines()
    return [dict(zip(header.split(), line.split(), strict=True)) for line in lines]


def figures(row: dict[str, str]) -> list[float]:
    return [float(row[name]) for name in ("GA", "PA", "FGA", "FTA")]


def test_a_log_has_a_row_for_each_version_of_its_truth(folder, capsys):
    write_truth(folder / "shop")
    write_truth(folder / "shop", corrected=True)
    assert run_command("templates", "shop", "--", "template=identity") == 0
    made, mended = shown_rows(shown := capsys.readouterr().out)
    assert (made["log"], made["truth"], made["lines"]) == ("shop", "hand-made", "4")
    assert [made[name] for name in ("true", "exact", "found", "masked")] == ["2", "2", "2", "2"]
    assert figures(made) == [1, 1, 1, 1]
    assert (mended["truth"], mended["true"], mended["exact"]) == ("corrected", "1", "0")
    assert figures(mended) == [0, 0, 0, 0]
    assert "shop, truth hand-made" not in shown
    finding = shown[shown.index("shop, truth corrected: true templates that lose most lines") :]
    assert finding.splitlines()[1:7] == [
        "  4 lines  user <*> is <*>",
        "      split into 2 templates",
        "        3 in  user <*> is gone",
        "        1 in  user <*> is here",
        "      > user 0 is gone",
        "      > user 4 is here",
    ]


def test_configurations_and_logs_are_compared_with_a_mean_of_each_version(folder, capsys):
    write_truth(folder / "a")
    write_truth(folder / "b")
    write_truth(folder / "b", corrected=True)
    choices = ("template=identity", "template.masking=general,none")
    assert run_command("templates", "a", "b", "--json", "--", *choices) == 0
    found = json.loads(capsys.readouterr().out)
    names = [(row["log"], row["truth"], row["configuration"]) for row in found["rows"]]
    assert names == [
        (log, truth, f"masking {masking}")
        for log, truth in [("a", "hand-made"), ("b", "hand-made"), ("b", "corrected")]
        for masking in ("general", "none")
    ]
    assert [row["ga"] for row in found["rows"]] == [1, 0.25, 1, 0.25, 0, 0]
    # Of 4 mined and 2 true templates one is right: that of the only line of its template.
    assert [round(row["fga"], 4) for row in found["means"]] == [1, round(2 / 6, 4)]
    assert [row["configuration"] for row in found["means"]] == ["masking general", "masking none"]
    assert {row["truth"] for row in found["means"]} == {"hand-made"}
    assert all(row["seconds"] > 0 and row["lines_per_second"] > 0 for row in found["rows"])
    assert found["rows"][0]["missed"] == []  # of a comparison no templates are listed


def test_several_values_of_two_keys_are_all_their_combinations(folder, capsys):
    write_truth(folder / "a")
    choices = ("template=drain,spell", "template.masking=general,none")
    assert run_command("templates", "a", "--json", "--top", "1", "--", *choices) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    names = [f"{m} · masking {k}" for m in ("drain", "spell") for k in ("general", "none")]
    assert [row["configuration"] for row in rows] == names
    assert {len(row["missed"]) for row in rows} <= {0, 1}


def test_folders_of_one_name_are_told_apart(folder, capsys):
    for place in ("old", "new"):
        (folder / place).mkdir()
        write_truth(folder / place / "a")
    assert run_command("templates", "old/a", "new/a") == 0
    assert [row["log"] for row in shown_rows(capsys.readouterr().out)] == ["old/a", "new/a", "mean"]


def write_log(path: Path) -> None:
    states = ["up", "down", "idle"]
    texts = [f"worker {i} of pool {i % 9} is {states[i % 3]}" for i in range(300)]
    texts[7] = "worker 7 of pool 7 is dizzy"
    stamp = "2024-05-01 10:{:02d}:{:02d},000 INFO shop: "
    lines = [stamp.format(i // 60, i % 60) + text for i, text in enumerate(texts)]
    lines.insert(9, "\tat shop.Main(Main.java:3)")
    path.write_text("\n".join(lines) + "\n")


def test_of_a_log_of_any_format_a_score_and_what_looks_wrong_are_shown(folder, capsys):
    write_log(folder / "app.log")
    assert run_command("templates", "app.log") == 0
    shown = capsys.readouterr().out
    (row,) = shown_rows(shown)
    assert (row["log"], row["lines"], row["found"]) == ("app.log", "300", "5")
    assert -1 <= float(row["PMSS"]) <= 1
    assert "GA" not in row
    reason = "the last was seen once, and they differ in one word: up, down, idle, dizzy"
    assert "app.log: perhaps too specific" in shown
    assert f"      {reason}\n" in shown
    assert "app.log: perhaps near-duplicates" in shown
    assert "      > worker 7 of pool 7 is dizzy" in shown


@pytest.mark.parametrize(
    ("begins", "counts", "words"),
    [
        ("null", (1, 0, 2, 0), "1 line continues one, 2 lines are empty"),
        ("'[0-9w]'", (0, 1, 2, 0), "1 line does not fit the parser, 2 lines are empty"),
    ],
)
def test_lines_that_are_no_message_are_counted_and_the_first_is_shown(
    folder, capsys, begins, counts, words
):
    line = "2026-03-01 10:00:0{} INFO shop - paid in {} ms"
    own = [line.format(number % 10, number) for number in range(40)]
    (folder / "app.log").write_text("\n".join([*own[:20], "", "what is this", "", *own[20:], ""]))
    overrides = [
        *("--", "dataset=custom", "template=siblings,drain"),
        "dataset.structured_parser.format='<Date> <Time> <Level> <Service> - <Content>'",
        f"dataset.structured_parser.multiline.starts_with={begins}",
    ]
    assert run_command("templates", "app.log", *overrides) == 0
    table, _, notes_below = capsys.readouterr().out.partition("app.log, not counted: ")
    assert [row["lines"] for row in shown_rows(table)] == ["40", "40"]
    assert notes_below.splitlines()[0] == words
    first = "what is this" if counts[1] else None
    assert ("  the first that does not fit: what is this\n" in notes_below) == bool(first)
    assert run_command("templates", "app.log", "--json", *overrides) == 0
    (row, _) = json.loads(capsys.readouterr().out)["rows"]
    names = ("continuing", "unparsed", "empty", "without_message")
    assert row["other_lines"] == dict(zip(names, counts, strict=True)) | {"first": first}


def test_a_log_is_compared_too_and_a_typed_parser_wins(folder, capsys):
    write_log(folder / "app.log")
    assert run_command("templates", "app.log", "--", "template=drain,spell,identity") == 0
    rows = shown_rows(capsys.readouterr().out)
    assert [row["configuration"] for row in rows] == ["drain", "spell", "identity"]
    (folder / "own.log").write_text("a=1 msg=x\n" * 20)
    parser = ("dataset=custom", "dataset.structured_parser.regex='msg=(?P<Content>.*)'")
    assert run_command("templates", "own.log", "--", *parser) == 0
    assert shown_rows(capsys.readouterr().out)[0]["found"] == "1"


def test_overrides_stand_beside_the_paths_too(folder, capsys):
    write_log(folder / "app.log")
    given = ("template=drain", "app.log", "--json", "template.similarity_threshold=0.4,0.6")
    assert run_command("templates", *given) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["configuration"][-3:] for row in rows] == ["0.4", "0.6"]


def test_of_a_large_log_stretches_are_read_and_that_is_said(folder):
    write_log(folder / "app.log")
    config = load_run_config(["dataset=auto", "dataset.source.path=app.log"])
    whole, part = (log_of(config, "app.log", size) for size in (1 << 20, 1 << 14))
    assert (len(whole.messages), whole.about_lines) == (300, None)
    assert len(part.messages) < 300
    assert part.about_lines == pytest.approx(301, abs=30)
    row = judged(part, "", config.template, 0)
    told = f"of app.log stretches were read; it has about {part.about_lines} lines"
    assert notes([row, row]).count(told) == 1


def test_a_piped_log_is_read_once_for_all_configurations(folder):
    write_log(folder / "app.log")
    with (folder / "app.log").open() as log:
        done = subprocess.run(
            [sys.executable, "-m", "anomalog_exp", "templates", "-", "--", "template=drain,spell"],
            stdin=log, cwd=folder, env=environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [row["lines"] for row in shown_rows(done.stdout)] == ["300", "300"]


def test_without_a_path_a_data_set_is_judged(folder, capsys):
    assert (
        run_command("templates", "--top", "0", "--", "dataset=demo", "dataset.source.lines=500")
        == 0
    )
    shown = capsys.readouterr().out
    (row,) = shown_rows(shown)
    assert row["log"] == "demo"
    assert "perhaps" not in shown


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "the log is missing"),
        (["nowhere"], "there is no such file or folder"),
        (["empty"], "there are neither true templates nor a log in this folder"),
        (["none"], "there are no true templates in this file"),
        (["shop", "--top", "-1"], "'-1' is no whole number"),
        (["shop", "--", "template=drian,drain"], "there is no such option"),
        (["shop", "--", "template.tua=1,2"], "there is no such key"),
        (["shop", "--", "template=drain", "template=spell"], "it is given twice"),
        (["shop", "--", "model=pca"], "it changes nothing about the templates of this"),
        (["shop", "--", "dataset=hdfs"], "it changes nothing about the templates of this"),
        (["shop", "--", "template=drain,spell", "-m"], "it changes nothing"),
        (["--", "dataset=hdfs_sessions", "dataset.source.path=shop"], "its events are ids"),
        (["shop.log", "--", "dataset/structured_parser=cri"], "it finds no message in the log"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_a_mistake_in_four_parts(folder, arguments, problem):
    write_truth(folder / "shop")
    for name in ("empty", "none"):
        (folder / name).mkdir()
    (folder / "none/x_structured.csv").write_text("Content,Other\na,b\n")
    write_log(folder / "shop.log")
    with pytest.raises(ConfigError, match=rf"(?s){problem}.*value: .*allowed: .*to do: "):
        run_command("templates", *arguments)


def test_both_versions_of_real_logs_are_judged(shared_data, capsys):
    logs = [str(shared_data / "loghub_2k" / system) for system in ("HDFS", "BGL")]
    assert run_command("templates", *logs, "--", "template=identity") == 0
    rows = shown_rows(capsys.readouterr().out)
    names = [(row["log"], row["truth"], row["true"]) for row in rows]
    assert names == [
        *(("HDFS", version, "14") for version in ("hand-made", "corrected")),
        *(("BGL", version, "120") for version in ("hand-made", "corrected")),
        *(("mean", version, "-") for version in ("hand-made", "corrected")),
    ]
