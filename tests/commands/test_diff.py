"""What the command `diff` takes, prints, writes, and how it ends."""

from __future__ import annotations

import gzip
import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from benchmark_diff import compared as compared_by_command

from anomalog_exp.commands import run_command
from anomalog_exp.commands._compared_files import compared_files
from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.report.run_page import run_page
from anomalog_exp.results import ResultPaths, read_run

CHEAP = ("model=rarity", "report.page=false")


def write_log(path: Path, begin: str, *, orders: int = 120, error: str = "", pack=False) -> None:
    """Orders, of which each third waits; an error at the end of the first half, with a trace."""
    moment = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    lines = []
    for i in range(orders):
        time = moment + timedelta(seconds=5 * i)
        text = f"INFO shop: order {i} sent" if i % 3 else f"WARN shop: order {i} waits"
        lines.append(f"{time:%Y-%m-%d %H:%M:%S},000 {text}")
        if error and i == orders // 2:
            lines.append(f"{time:%Y-%m-%d %H:%M:%S},500 ERROR shop: {error}")
            lines += [
                "java.lang.IllegalStateException: no owner",
                "\tat shop.Cart.owner(Cart.java:88)",
            ]
    text = "\n".join(lines) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if pack else text.encode())


@pytest.fixture
def days(folder):
    """Four logs without an error, one of them packed, and one with it."""
    for day in (1, 2, 3):
        write_log(folder / f"day{day}.log", f"2024-05-0{day}", orders=100 + 10 * day)
    write_log(folder / "day4.log.gz", "2024-05-04", pack=True)
    write_log(folder / "day5.log", "2024-05-05", error="payment of order 7 failed")
    return folder


def test_the_screen_says_what_was_compared_and_what_is_new(days, capsys):
    before = ["day1.log", "day2.log", "day3.log", "day4.log.gz"]
    assert run_command("diff", *before, "--", "day5.log", *CHEAP, "--fail-on-change") == 0
    screen = capsys.readouterr().out
    shown = " ".join(screen.split())
    assert "before day1.log, day2.log, day3.log, day4.log.gz: 4 runs, 4 files, 480 events" in shown
    assert "after day5.log: 1 file, 121 events" in shown
    assert "read as log4j; 3 templates, 2 lines continue one; with level in the events" in shown
    assert "in 4 runs before and 1 after; no change passes: what is below is only listed" in shown
    assert (
        "#1 new: payment of order <*> failed IllegalStateException at shop.Cart.owner [error]"
        in shown
    )
    assert "1 after, in none of 4 runs before; too seldom, or too bursty, to test" in shown
    assert "day5.log:62: 2024-05-05 00:05:00,500 ERROR shop: payment of order 7 failed" in screen
    assert " java.lang.IllegalStateException: no owner\n" in screen
    assert "#2" not in screen
    command = shlex.split(screen.splitlines()[-1].removeprefix("command"))
    typed = ResultPaths.for_config(load_run_config(command[3:]))
    stored = read_run(typed.run_dir)
    assert stored.changes["changes"][0]["level"] == "error"
    assert stored.findings is not None
    assert stored.config.split.name == "by_file"
    assert {path.name for path in stored.files} >= {"changes.json", "anomalies.txt"}
    page = run_page(stored, "")
    assert "payment of order &lt;*&gt; failed IllegalStateException" in page
    assert "too seldom, or too bursty, to test" in page
    assert "They are of 1 file; 4 files trained." in page


def test_a_change_that_passes_ends_with_3_where_that_is_asked_for(days, capsys):
    text = (days / "day5.log").read_text().replace(" waits", " is lost")
    (days / "day6.log").write_text(text)
    given = ["day1.log", "day2.log", "day3.log", "--", "day6.log", *CHEAP, "--json"]
    assert run_command("diff", *given) == 0
    found = json.loads(capsys.readouterr().out)
    assert run_command("diff", *given, "--fail-on-change") == 3
    assert found["passing"] >= 1
    what = {(one["what"], one["text"]) for one in found["changes"] if one["passes"]}
    assert ("new", "order <*> is lost") in what
    assert Path(found["run_dir"], "changes.json").is_file()


def test_values_are_compared_whatever_the_detector_reads(folder, capsys):
    for day in range(1, 6):
        codes = [200, 201, 404] + [503] * (day == 5)
        moment = datetime(2024, 5, day, tzinfo=UTC)
        lines = [
            f"{moment + timedelta(seconds=i):%Y-%m-%d %H:%M:%S},000 INFO web: ended with {code}"
            for i, code in enumerate((codes * 40)[:100])
        ]
        (folder / f"day{day}.log").write_text("\n".join(lines) + "\n")
    assert run_command("diff", "day[1-4].log", "--", "day5.log", *CHEAP) == 0
    assert '#1       value new: 503 in "ended with 503"' in capsys.readouterr().out


def test_a_folder_is_a_run_with_all_logs_below_it(folder, capsys):
    for run in ("runs/old1", "runs/old2", "runs/old3", "new"):
        write_log(folder / run / "web/shop.log", "2024-05-01")
        write_log(folder / run / "db.log", "2024-05-01", error="disk full" if run == "new" else "")
        (folder / run / "README").write_text("no log\n")
    assert run_command("diff", "runs", "--", "new", *CHEAP, "--top", "1") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "before runs/old1/*, runs/old2/*, runs/old3/*: 3 runs, 6 files, 720 events" in shown
    assert "#1 new in db.log: disk full IllegalStateException at shop.Cart.owner [error]" in shown
    assert "new/db.log:62: " in shown


NAMED = [
    # Files of one name in several folders are one run for each folder.
    (["h1/a.log", "h1/b.log", "h2/a.log", "h2/b.log"], ["f/a.log", "f/b.log"], ["h1/*", "h2/*"], ["f/*"]),
    # Files of one folder with names of their own are a run each.
    (["x/d1.log", "x/d2.log"], ["x/d3.log"], ["d1.log", "d2.log"], ["d3.log"]),
    (["h*"], ["f"], ["h1/*", "h2/*"], ["f/*"]),
    (["h1", "h2/a.log"], ["f"], ["h1/*", "h2/a.log"], ["f/*"]),
    (["h[12]/a.log"], ["f/a.log"], ["h1/a.log", "h2/a.log"], ["f/a.log"]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "trains", "judged"), NAMED)
def test_which_files_are_one_run(folder, before, after, trains, judged):
    for name in ("h1/a.log", "h1/b.log", "h2/a.log", "h2/b.log", "f/a.log", "f/b.log"):
        write_log(folder / name, "2024-05-01", orders=1)
    for name in ("x/d1.log", "x/d2.log", "x/d3.log"):
        write_log(folder / name, "2024-05-01", orders=1)
    found = compared_files(before, after)
    top = Path("x") if before[0].startswith("x") else Path()
    names = {str(path.resolve()): path.relative_to(top).as_posix() for path in found.files}
    assert found.patterns(names) == (trains, judged)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["day1.log", "day5.log"], "what is before --, or what is after it, is missing"),
        (["day1.log", "--"], "is missing"),
        (["day1.log", "--", "day9.log"], "there is no such file or folder"),
        (["day*.log", "--", "day5.log"], "a file is on both sides"),
        (["day1.log", "--", "empty"], "the folder holds no log"),
        (["day1.log", "-m", "--", "day5.log"], "-m is for several values of a key"),
        (["day1.log", "--", "day5.log", "--tip"], "unrecognized arguments: --tip"),
    ],
)
def test_mistakes_are_said_in_four_parts(days, given, problem):
    (days / "empty").mkdir()
    with pytest.raises(ConfigError, match=problem) as caught:
        run_command("diff", *given)
    assert len(str(caught.value).splitlines()) == 4


def test_a_side_without_a_line_is_refused(days):
    (days / "empty.log").touch()
    with pytest.raises(
        DataError, match=r"(?s)^AFTER: there is not one line on this side.*empty\.log"
    ):
        run_command("diff", "day1.log", "--", "empty.log")
    with pytest.raises(DataError, match=r"^BEFORE: there is not one line on this side"):
        run_command("diff", "empty.log", "--", "day1.log")


@pytest.mark.parametrize(("before", "after"), [("day1.log", "few.log"), ("few.log", "day1.log")])
def test_a_side_of_a_few_lines_is_compared_line_by_line(days, capsys, before, after):
    write_log(days / "day1.log", "2024-05-01", orders=700)
    write_log(days / "few.log", "2024-05-06", orders=4, error="no stock")
    assert run_command("diff", before, "--", after, "--json", *CHEAP) == 0
    changes = json.loads(capsys.readouterr().out)
    judged = read_run(changes["run_dir"]).dataset_manifest["sequences"]["sequences"]
    lines = {"day1.log": 700, "few.log": 5}
    assert (judged["train"]["total"], judged["test"]["total"]) == (lines[before], lines[after])
    # Of sides that fill windows, windows are made.
    write_log(days / "few.log", "2024-05-06", orders=100)
    run_command("diff", before, "--", after, "--json", *CHEAP)
    assert "sequence.window_size=10" in json.loads(capsys.readouterr().out)["command"]


def test_a_side_of_which_no_sequence_is_made_is_named(days):
    write_log(days / "few.log", "2024-05-06", orders=4)
    with pytest.raises(ConfigError, match=r"split.test: .* 4 events(?s:.*)sequence=line") as caught:
        run_command("diff", "day1.log", "--", "few.log", "sequence=fixed", *CHEAP)
    assert "value:   few.log" in str(caught.value)


def test_files_of_another_format_are_read_by_it(days, capsys):
    events = (json.dumps({"time": f"2024-05-06T00:00:{i:02}Z", "event": "sent"}) for i in range(60))
    (days / "other.log").write_text("\n".join(events) + "\n")
    assert run_command("diff", "day1.log", "day2.log", "--", "day5.log", "other.log", *CHEAP) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "read as log4j and json" in shown
    assert "new: sent 0, 60 after, in none of 2 runs before" in shown


def test_files_that_no_format_reads_are_named(days):
    (days / "other.log").write_text("\n".join(f"and {i} words of prose" for i in range(60)) + "\n")
    with pytest.raises(DataError, match="not written as the others") as caught:
        run_command("diff", "day1.log", "day2.log", "--", "day5.log", "other.log")
    assert "value:   other.log" in str(caught.value)
    given = ["day1.log", "day2.log", "--", "day5.log", "other.log", *CHEAP]
    assert run_command("diff", *given, "dataset/structured_parser=custom") == 0


def test_a_file_of_a_few_lines_that_fit_nothing_is_only_named(days, capsys):
    (days / "boot.log").write_text("listening\n")
    assert run_command("diff", "day1.log", "boot.log", "--", "day5.log", *CHEAP) == 0
    assert "not read boot.log" in " ".join(capsys.readouterr().out.split())


def test_the_benchmark_compares_by_the_command(folder):
    seen = compared_by_command(folder / "plain", "plain", "an error once", 1, 3, 40)
    assert seen["place"] in (1, 2, 3)
    assert seen["passing"] == 0
