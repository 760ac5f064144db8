"""Warnings about the log, the windows and the scores: a small run that has each, and one that has none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anomalog_exp.app import RunResult, run
from anomalog_exp.config import load_run_config
from tests.reporting import places

FORMAT = "dataset.structured_parser.format='<Date> <Time> <Content>'"
TIMES = "dataset.structured_parser.time_format='%Y-%m-%d %H:%M:%S'"
WINDOWS = ["sequence=fixed", "sequence.window_size=10"]
KINDS = ["open", "read", "write", "close", "sync", "move"]


def lines(count: int, step_s: float = 10, day: int = 1) -> list[str]:
    """Events of six kinds in an order that does not repeat, each some seconds after the one before."""
    begin = datetime(2024, 5, day, 8, tzinfo=UTC)
    return [
        f"{begin + timedelta(seconds=step_s * i):%Y-%m-%d %H:%M:%S} {KINDS[i * i % 37 % 6]} file {i}"
        for i in range(count)
    ]


def result_of(folder: Path, logs: list[list[str]], *overrides: str) -> RunResult:
    paths = []
    for number, log in enumerate(logs):
        path = folder / f"{number}.log"
        path.write_text("\n".join(log) + "\n")
        paths.append(str(path))
    named = ["dataset=custom", f"dataset.source.path=[{','.join(paths)}]", FORMAT, TIMES]
    config = load_run_config([*named, "report.page=false", *overrides, *places(folder)])
    return run(config)


def warned(folder: Path, logs: list[list[str]], *overrides: str) -> dict[str, str]:
    """Title -> what follows it, of the warnings."""
    split = (warning.partition(". ") for warning in result_of(folder, logs, *overrides).warnings)
    return {title: rest for title, _, rest in split}


OF_LOGS = {
    "All scores are equal",
    "Most scores are the highest one",
    "Nearly all events are of one template",
    "Most templates are seen once",
    "The log has very many templates",
    "Times jump back",
    "Files are not read in order of time",
    "A window is longer than the log",
    "The whole log is one sequence",
    "No sequence is judged",
}


def test_a_good_log_is_not_warned_of_itself(tmp_path):
    found = warned(tmp_path, [lines(450), lines(450, day=2)], *WINDOWS)
    assert "Nothing in the test part is labelled" in found
    assert not OF_LOGS & found.keys()


def test_one_template_and_equal_scores(tmp_path):
    log = [line.replace(line.split()[2], "open") for line in lines(400)]
    found = warned(tmp_path, [log], *WINDOWS)
    assert found["All scores are equal"].startswith("Each of 20 units scores ")
    assert found["Nearly all events are of one template"].startswith(
        "400 of 400 (100.0%) are 'open"
    )


def test_scores_that_cannot_rank(tmp_path):
    log = lines(400)
    log[200:320] = [f"{line[:19]} panic" for line in log[200:320]]
    found = warned(tmp_path, [log], "model=new_event", *WINDOWS)
    assert found["Most scores are the highest one"].startswith("12 of 20 units (60%) score ")


def test_templates_that_are_seen_once(tmp_path):
    plain = ["template=identity", "template.masking=none"]
    found = warned(tmp_path, [lines(300)], *plain, *WINDOWS)
    assert found["Most templates are seen once"].startswith("300 of 300, as 'open file 0'")


def test_more_templates_than_a_log_can_have_are_told_with_the_words_that_differ(tmp_path):
    log = [f"{line[:19]} user {i:x} met {i:o} and left" for i, line in enumerate(lines(1100))]
    found = warned(tmp_path, [log], "template=identity", "template.masking=none", *WINDOWS)
    assert found["The log has very many templates"].startswith(
        "1,100 of 1,100 events. Behind 'user' stand 1,100 different words, as 0, 1, 2."
    )
    assert "Most templates are seen once" not in found


def test_templates_that_are_seen_once_of_few_events(tmp_path):
    log = lines(900)
    log[600:620] = [f"{line} {'xyz'[i % 3] * (i + 2)}" for i, line in enumerate(log[600:620])]
    assert "Most templates are seen once" not in warned(tmp_path, [log], *WINDOWS)


def test_one_jump_back_of_more_than_an_hour(tmp_path):
    log = lines(300) + lines(300)  # the second half begins anew, 50 minutes before
    assert "Times jump back" not in warned(tmp_path, [log], *WINDOWS)
    (again := tmp_path / "again").mkdir()
    log = lines(400) + lines(400)
    found = warned(again, [log], *WINDOWS)
    assert found["Times jump back"].startswith(
        "1 of 800 events are more than a second earlier than the event before them, up to 1.11 hours, "
        "the first of them at 0.log:401."
    )


@pytest.mark.parametrize(("share", "said"), [(3, True), (200, False)])
def test_many_small_jumps_back(tmp_path, share, said):
    log = lines(800)
    log[1::share] = [line.replace("2024-05-01 08", "2024-05-01 07") for line in log[1::share]]
    log = [
        line if line[11:13] != "07" else log[i - 1][:19] + line[19:] for i, line in enumerate(log)
    ]
    log[::share], log[1::share] = log[1::share], log[::share]
    assert ("Times jump back" in warned(tmp_path, [log], *WINDOWS)) == said


def test_files_that_are_read_in_the_wrong_order(tmp_path):
    logs = [lines(300, day=3), lines(300, day=1), lines(300, day=2)]
    found = warned(tmp_path, logs, *WINDOWS)
    assert found["Files are not read in order of time"].startswith(
        "1.log is read behind 0.log and ends 1.97 days before that begins; there are 1 such files."
    )
    assert "Times jump back" not in found


def test_a_window_longer_than_the_log(tmp_path):
    found = warned(
        tmp_path, [lines(300)], "sequence=time", "sequence.time_span_ms=86_400_000", "split=all"
    )
    assert found["A window is longer than the log"].startswith(
        "A window spans 1 day, and the log 49.8 minutes. Lower sequence.time_span_ms"
    )


def test_a_log_that_is_one_window(tmp_path):
    found = warned(
        tmp_path, [lines(300)], "sequence=fixed", "sequence.window_size=200", "split=all"
    )
    assert found["The whole log is one sequence"].startswith("Its 300 events are judged as one")


STREAM = ["sequence=stream", "split=prefix_fraction", "sequence.chunk_size=300"]


def test_a_run_that_judges_nothing_is_skipped(tmp_path):
    result = result_of(tmp_path, [lines(300)], *STREAM)
    assert result.status == "skipped"
    assert "nothing is left for template_frequency to judge" in str(result.reason)


def test_a_run_that_only_predicts_says_that_nothing_is_judged(tmp_path):
    result = result_of(tmp_path, [lines(300)], *STREAM, "model=markov")
    assert str(result.words).endswith("No stream is judged: see the warnings.")
    assert result.warnings[0].startswith("No sequence is judged.")


def test_a_run_that_predicts_and_judges_says_how_many_are_flagged(tmp_path):
    result = result_of(tmp_path, [lines(600)], *WINDOWS, "model=markov")
    assert "cases. " in str(result.words)
    assert " of 30 windows of 10 lines " in str(result.words)
    assert result.warnings[0].startswith(
        "Nothing in the test part is labelled. There are no metrics of"
    )
