"""What the command `analyze` finds, prints and takes."""

from __future__ import annotations

import shlex
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anomalog_exp.commands import run_command
from anomalog_exp.commands._log import recognised_log
from anomalog_exp.commands.analyze import chosen_overrides
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.results import ResultPaths, read_run

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def first_look(monkeypatch):
    """The benchmark of first looks."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import benchmark_first_look

    yield benchmark_first_look
    for name in ("benchmark_first_look", "benchmark_planted"):
        sys.modules.pop(name, None)


NO_PAGE = "report.page=false"
"""What draws charts takes seconds to be put together."""


def write_log(
    path: Path, minutes: int = 60, *, begin: datetime | None = None, fails: bool = True
) -> None:
    """A log of some minutes, of which one holds what no other one does, if something fails."""
    moment = begin or datetime(2024, 5, 1, tzinfo=UTC)
    lines = []
    for i in range(minutes * 12):
        time = moment + timedelta(seconds=5 * i)
        text = f"INFO shop: order {i} sent" if i % 3 else f"WARN shop: order {i} waits"
        lines.append(f"{time:%Y-%m-%d %H:%M:%S},000 {text}")
    if fails:
        time = lines[minutes * 8][:24]
        lines.insert(minutes * 8, f"{time}ERROR shop: payment service failed for order 7")
    path.write_text("\n".join(lines) + "\n")


def last_run(folder: Path, shown: str) -> ResultPaths:
    (line,) = [line for line in shown.splitlines() if line.startswith("all ")]
    return ResultPaths.in_dir(Path(line.split()[1]).parent)


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("json", "a burst of 500s"),
        ("log4j", "an outage of an hour"),
        ("python_asctime", "a new stack trace"),
        ("plain", "a reboot in the first half"),
        ("several", "a burst of 500s"),
    ],
)
def test_a_planted_fault_is_among_the_first_findings(folder, first_look, form, fault):
    seen = first_look.looked_at(folder, form, fault)
    assert seen["read as"] == {"plain": "custom"}.get(form, form)
    assert seen["place"] is not None
    assert seen["place"] <= 3


def test_the_screen_says_what_was_read_what_was_judged_and_what_is_odd(folder, capsys):
    write_log(folder / "app.log", 300)
    assert run_command("analyze", "app.log", "--top", "1") == 0
    screen = capsys.readouterr().out
    shown = " ".join(screen.split())
    assert "app.log: 3,601 lines, read as log4j; 3,601 events of 3 kinds" in shown
    assert "2024-05-01 00:00:00 to 2024-05-01 04:59:55 UTC; with level in the events" in shown
    assert "windows of 1 minute, all of which trained; 1 is above the threshold of" in shown
    (finding,) = [line for line in screen.splitlines() if line.startswith("#")]
    assert finding.startswith("#1       app.log:2401 to 2413, 2024-05-01 03:20:00 to 03:21:00 UTC")
    assert "- rare_event: payment service failed for order <*> [level=error]" in shown
    assert "app.log:2401: 2024-05-01 03:20:00,000 ERROR shop: payment service failed" in shown


def test_a_log_without_dates_is_shown_by_the_time_of_day(folder, capsys):
    write_log(folder / "app.log")
    dated = (folder / "app.log").read_text()
    (folder / "app.log").write_text(dated.replace("2024-05-01 ", "").replace(",000", ""))
    assert run_command("inspect", "app.log") == 0
    shown = capsys.readouterr().out
    assert "times      00:00:00 to 00:59:55 UTC (0:59:55); time, %H:%M:%S\n" in shown
    assert "they name no date" in shown
    assert run_command("analyze", "app.log") == 0
    screen = capsys.readouterr().out
    shown = " ".join(screen.split())
    assert "kinds; 00:00:00 to 00:59:55 UTC, without a date" in shown
    paths = last_run(folder, screen)
    text = paths.anomalies_path.read_text()
    page = (paths.run_dir / "report.html").read_text()
    assert ", 00:40:00 to " in shown
    assert ", 00:40:00 to " in text
    assert ", 00:40:00 to " in page
    assert "<td>00:59:55</td>" in page
    assert "the same run" in page
    assert "typed" not in page.partition("<script")[0]  # nobody has typed that command
    for said in (shown, text, page.partition("<script")[0]):
        assert "-01-01 " not in said


def test_a_reason_of_hundreds_of_words_is_cut_on_the_screen_alone(folder, capsys):
    write_log(folder / "app.log", fails=False)
    words = " ".join(f"word{'abcdefghij'[i % 10]}" for i in range(400))
    line = f"2024-05-01 00:59:59,000 ERROR shop: {words} {'x' * 500}"
    with (folder / "app.log").open("a") as log:
        log.write(f"{line}\n")
    assert run_command("analyze", "app.log", "model=rare_event", NO_PAGE) == 0
    screen = capsys.readouterr().out
    reason = screen.partition("\n         - worda ")[2].partition("\n         app.log:")[0]
    reason = reason.partition("\n         - ")[0]
    assert reason.count("\n") == 2
    assert reason.endswith("...")
    assert max(map(len, screen.partition("\nall ")[0].splitlines())) <= 200
    assert words in last_run(folder, screen).anomalies_path.read_text()


def test_colours_are_no_part_of_a_log(folder, capsys):
    write_log(folder / "app.log")
    plain = (folder / "app.log").read_text()
    (folder / "plain").mkdir()
    (folder / "app.log").rename(folder / "plain/app.log")
    for level, code in {"INFO": "32", "WARN": "1;33", "ERROR": "31"}.items():
        plain = plain.replace(level, f"\x1b[{code}m{level}\x1b[0m")
    (folder / "app.log").write_text(plain)
    seen = []
    for log in ("app.log", "plain/app.log"):
        assert run_command("analyze", log, "model=rare_event", NO_PAGE) == 0
        seen.append(capsys.readouterr().out.partition("\nall ")[0])
    assert seen[0] == seen[1]
    assert "with level in the events" in " ".join(seen[0].split())


def test_score_says_as_analyze_does_what_reads_the_lines(folder, capsys):
    write_log(folder / "app.log")
    text = (folder / "app.log").read_text()
    (folder / "own.log").write_text(text.replace("2024-05-01 ", "").replace(",000", ""))
    for log, name in {"app.log": "log4j", "own.log": "a format of its own"}.items():
        assert run_command("analyze", log, "model=rarity", NO_PAGE) == 0
        analysis = capsys.readouterr().out
        assert (
            run_command(
                "score", str(last_run(folder, analysis).run_dir), log, "tracking=none", NO_PAGE
            )
            == 0
        )
        for shown in (analysis, capsys.readouterr().out):
            assert f"lines, read as {name};" in " ".join(shown.split())


def test_what_belongs_to_no_session_is_said(folder, capsys):
    words = ("received", "paid", "packed", "sent", "closed")
    orders = [f"INFO shop: order-{i // 5} {words[i % 5]}" for i in range(1500)]
    orders[700:700] = ["FATAL shop: database is down\x1b[2J"] * 25
    begin = datetime(2024, 5, 1, tzinfo=UTC)
    lines = [
        f"{begin + timedelta(seconds=i):%Y-%m-%d %H:%M:%S},000 {text}"
        for i, text in enumerate(orders)
    ]
    (folder / "app.log").write_text("\n".join(lines) + "\n")
    assert run_command("analyze", "app.log", NO_PAGE) == 0
    screen = capsys.readouterr().out
    shown = " ".join(screen.split())
    assert (
        "judged 300 sessions, one of each entity, all of which trained; none is above the" in shown
    )
    assert "below is what is least usual" not in shown
    down = r"database is down\x1b[<*> [level=fatal]"
    assert "25 of 1,525 events name none and are in no sequence." in shown
    assert f"The gravest: '{down}', 25 from app.log:701 on." in shown
    assert "\x1b" not in screen
    run = read_run(last_run(folder, screen).run_dir)
    assert run.dataset_manifest["without_entity"]["templates"] == 1


def test_the_command_that_is_printed_is_the_same_run(folder, capsys):
    write_log(folder / "app.log")
    assert run_command("analyze", "app.log", NO_PAGE) == 0
    shown = capsys.readouterr().out
    command = shlex.split(shown.splitlines()[-1].removeprefix("command"))
    assert command[:3] == ["python", "-m", "anomalog_exp"]
    typed = ResultPaths.for_config(load_run_config(command[3:]))
    assert typed.run_dir == last_run(folder, shown).run_dir


def test_what_is_typed_wins_over_what_is_chosen(folder, capsys):
    write_log(folder / "app.log")
    given = ["sequence=fixed", "sequence.window_size=20", "model=rate", "template.with_fields=[]"]
    given.append(NO_PAGE)
    assert run_command("analyze", "app.log", *given) == 0
    config = read_run(last_run(folder, capsys.readouterr().out).run_dir).config
    assert (config.sequence.name, config.sequence.window_size) == ("fixed", 20)
    assert (config.model.name, config.template.with_fields) == ("rate", ())
    assert config.split.name == "all"


@pytest.mark.parametrize(
    ("minutes", "typed", "span"),
    [
        (60, (), 60_000),
        (5, (), 10_000),
        (60, ("sequence.time_span_ms=600000",), 600_000),
        # Of another data set nothing is known but when its lines were written.
        (60, ("dataset/structured_parser=log4j",), 60_000),
    ],
)
def test_windows_of_time_are_as_long_as_suits_the_log(folder, minutes, typed, span):
    write_log(folder / "app.log", minutes=minutes, fails=False)
    paths = [Path("app.log")]
    chosen = chosen_overrides(recognised_log(paths), paths, ["sequence=time", *typed])
    sequence = load_run_config(chosen).sequence
    assert (sequence.name, sequence.time_span_ms, sequence.emit_empty) == ("time", span, True)


def test_several_values_make_a_sweep(folder, capsys):
    write_log(folder / "app.log")
    assert (
        run_command("analyze", "app.log", "model=rate,rare_event", "hydra/launcher=basic", NO_PAGE)
        == 0
    )
    assert "2 members: 2 done" in capsys.readouterr().out


@pytest.mark.parametrize("given", [("-m", "app.log", "sequence=line"), ("app.log", "--multirun")])
def test_a_sweep_may_be_asked_for_by_its_flag_too(folder, capsys, given):
    write_log(folder / "app.log", minutes=5)
    with pytest.raises(ConfigError, match="several values of a key, and no key has several"):
        run_command("analyze", *given)
    chosen = ("hydra/launcher=basic", NO_PAGE, "model=rarity,rare_event")
    assert run_command("analyze", *given, *chosen) == 0
    assert "2 members: 2 done" in capsys.readouterr().out


def test_a_file_may_be_called_like_an_override(folder, capsys):
    write_log(folder / "day=1.log")
    assert run_command("analyze", "day=1.log", NO_PAGE) == 0
    assert "day=1.log: 721 lines" in capsys.readouterr().out


def test_what_a_combination_cannot_judge_is_skipped(folder, capsys):
    write_log(folder / "app.log")
    assert run_command("analyze", "app.log", "model=naive_bayes", NO_PAGE) == 3
    assert capsys.readouterr().out.startswith("skipped  naive_bayes needs both classes")


def test_a_log_that_is_not_there_and_no_log_at_all_are_mistakes(folder):
    with pytest.raises(ConfigError, match="there is no such file or folder"):
        run_command("analyze", "nowhere.log")
    with pytest.raises(ConfigError, match="the log is missing"):
        run_command("analyze", "model=rate")


def test_a_copy_whose_dates_moved_holds_nothing_above_the_threshold(folder, capsys):
    write_log(folder / "a.log", 300, fails=False)
    write_log(folder / "b.log", 300, begin=datetime(2024, 7, 14, tzinfo=UTC), fails=False)
    windows = ["sequence=fixed", "sequence.window_size=12", "split=chronological"]
    both = ["a.log", "b.log", *windows, NO_PAGE]
    assert run_command("analyze", *both) == 0
    assert "; none is above the threshold" in capsys.readouterr().out


def test_another_data_set_reads_the_log_that_is_named(folder):
    write_log(folder / "app.log")
    found = recognised_log([Path("app.log")], templates=False)
    typed = ["dataset=hdfs", "dataset.label_reader=null"]
    config = load_run_config(chosen_overrides(found, [Path("app.log")], typed))
    assert config.dataset.source.path == Path("app.log")
    assert config.dataset.structured_parser.name == "hdfs"
    other = chosen_overrides(found, [Path("app.log")], ["dataset=hdfs", "dataset/source=archive"])
    assert not [one for one in other if one.startswith("dataset.source.path")]
    with pytest.raises(DataError, match="this is the log of another data set"):
        run_command("analyze", "app.log", "dataset=hdfs", NO_PAGE)


def test_a_folder_of_several_logs_is_all_of_them(folder, capsys):
    for service in ("web", "db"):
        (folder / "run1" / service).mkdir(parents=True)
        write_log(folder / "run1" / service / f"{service}.log")
    assert run_command("analyze", "run1", NO_PAGE) == 0
    assert capsys.readouterr().out.startswith("read     2 files: ")
    shutil.copytree(folder / "run1", folder / "run2")
    assert run_command("analyze", "run*", NO_PAGE) == 0
    assert capsys.readouterr().out.startswith("read     4 files: ")


def test_a_year_that_no_line_names_is_said_to_be_assumed(folder, capsys):
    lines = (
        f"Nov 27 10:{i // 60:02d}:{i % 60:02d} web1 cron[{i}]: job {i} ran\n" for i in range(900)
    )
    (folder / "syslog").write_text("".join(lines))
    assert run_command("analyze", "syslog", NO_PAGE) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "2024-11-27 10:00:00 to 2024-11-27 10:14:59 UTC, of a year that is assumed" in shown
    assert run_command("inspect", "syslog") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "they name no year: dataset.structured_parser.year is that of the first line" in shown
