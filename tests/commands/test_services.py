"""Folders with a file for each service, each in its own format: what the commands make of them."""

from __future__ import annotations

import json
import shlex
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path

import pytest

from anomalog_exp.commands import run_command
from anomalog_exp.config import load_run_config
from anomalog_exp.results import ResultPaths

BEGIN = datetime(2026, 3, 1, 10)
NO_PAGE = "report.page=false"


def write_services(folder: Path, minutes: int = 180, *, fails: bool = False) -> None:
    """An access log, an application's JSON and syslog, of which one service falls silent for a while."""
    folder.mkdir()
    logs: dict[str, list[str]] = {"access.log": [], "app.log": [], "cron.log": []}
    for i in range(minutes * 6):
        at = BEGIN + timedelta(seconds=10 * i)
        if not (fails and minutes * 4 <= i < minutes * 4 + 60):
            logs["access.log"].append(
                f'10.0.0.{i % 9} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /item/{i % 50} HTTP/1.1" 200 7{i}'
            )
        logs["app.log"].append(
            json.dumps({"ts": f"{at:%Y-%m-%dT%H:%M:%SZ}", "level": ["info", "warn"][i % 2], "msg": f"step {i} done"})
        )  # fmt: skip
        logs["cron.log"].append(f"{at:%b %d %H:%M:%S} web1 cron{i % 3}[{i}]: job {i} ran")
    for name, lines in logs.items():
        (folder / name).write_text("\n".join(lines) + "\n")


@pytest.fixture
def services(folder) -> Path:
    write_services(folder / "faulty", fails=True)
    return folder


def last_run(shown: str) -> ResultPaths:
    (line,) = [line for line in shown.splitlines() if line.startswith("all ")]
    return ResultPaths.in_dir(Path(line.split()[1]).parent)


def test_the_silence_of_a_service_is_found_among_the_others(services, capsys):
    assert run_command("analyze", "faulty", NO_PAGE) == 0
    screen = capsys.readouterr().out
    shown = " ".join(screen.split())
    assert shown.startswith(
        "read 3 files: 3,180 lines, read as json, syslog and access; 3,180 events"
    )
    assert "2026-03-01 10:00:00 to 2026-03-01 12:59:50 UTC; with level in the events" in shown
    first = shown[shown.index("#1 ") : shown.index("#2 ")]
    # Minutes in which nothing was asked for.
    assert "2026-03-01 12:0" in first
    assert 'rate: 0 events of "GET <*> HTTP/<*>' in first
    command = shlex.split(screen.splitlines()[-1].removeprefix("command"))
    typed = ResultPaths.for_config(load_run_config([*command[3:], NO_PAGE]))
    assert typed.run_dir == last_run(screen).run_dir


def test_what_was_learned_judges_the_services_of_another_day(services, capsys):
    write_services(services / "healthy")
    assert run_command("analyze", "healthy", NO_PAGE) == 0
    run_dir = last_run(capsys.readouterr().out).run_dir
    assert run_command("score", str(run_dir), "faulty", "tracking=none", NO_PAGE) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 files: 3,180 lines, read as access, json and syslog;" in shown
    first = shown[shown.index("#1 ") : shown.index("#2 ")]
    assert 'rate: 0 events of "GET <*> HTTP/<*>' in first


def test_a_service_that_is_silent_in_another_log_is_judged_as_that(services, capsys):
    write_services(services / "healthy")
    assert run_command("analyze", "healthy", NO_PAGE, "template.with_fields=[status,level]") == 0
    run_dir = last_run(capsys.readouterr().out).run_dir
    (services / "faulty" / "access.log").unlink()
    # No line has a status.
    assert run_command("score", str(run_dir), "faulty", "tracking=none", NO_PAGE) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 files: 2,160 lines" in shown
    assert 'rate: 0 events of "GET <*> HTTP/<*> [status=200, level=-]"' in shown


def test_what_changed_between_two_days_is_told_by_service(services, capsys):
    write_services(services / "healthy")
    log = services / "faulty" / "cron.log"
    log.write_text(log.read_text().replace("ran", "timed out"))
    assert run_command("diff", "healthy", "--", "faulty", NO_PAGE) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "read as access, json and syslog" in shown
    assert "new in cron.log: job <*> timed out" in shown


def test_auto_reads_them_as_the_command_does(services):
    paths = ['dataset.source.path="faulty/*.log"']
    typed = [
        "sequence=time",
        "sequence.time_span_ms=60_000",
        "split=all",
        "model=rate",
        "tracking=none",
    ]
    run = load_run_config(["dataset=auto", *paths, *typed])
    config = run.dataset.structured_parser
    assert [one.name for one in config.parsers] == ["json", "custom", "custom"]
    assert run.template.with_fields == ("level",)


def test_inspect_names_the_formats(services, capsys):
    assert run_command("inspect", "faulty/*.log", "--write", "mine/conf/dataset/day.yaml") == 0
    shown = capsys.readouterr().out
    assert "format     several: Lines of several formats" in shown
    assert "parsers: [json,{syslog: {year: 2026}},access]" in shown
    assert "some name no year" in shown
    config = load_run_config(["plugins=[mine]", "dataset=day", "sequence=fixed"])
    assert config.dataset.structured_parser.name == "several"
    assert config.dataset.structured_parser.parsers[1].year == 2026
    assert config.dataset.description == "access.log and 2 more, read as json, syslog and access."


def test_a_run_of_them_is_the_same_from_its_config(services, capsys):
    run_command("analyze", "faulty", NO_PAGE)
    run_dir = last_run(capsys.readouterr().out).run_dir
    assert run_command("rerun", str(run_dir)) == 0
    assert capsys.readouterr().out.startswith("the same")


def test_the_output_of_docker_compose_is_read_without_what_it_puts_before_lines(services, capsys):
    names = ("access", "app", "cron")
    logs = [(services / "faulty" / f"{name}.log").read_text().splitlines() for name in names]
    lines = [
        f"{name}-1    | {line}"
        for three in zip_longest(*logs)
        for name, line in zip(names, three, strict=True)
        if line is not None
    ]
    (services / "all.log").write_text("\n".join(lines) + "\n")
    assert (
        run_command("analyze", "all.log", "sequence=fixed", "sequence.window_size=60", NO_PAGE) == 0
    )
    screen = capsys.readouterr().out
    assert (
        "all.log: 3,180 lines, read as syslog, json and access; 3,180 events of 4 kinds;"
        in " ".join(screen.split())
    )
    command = shlex.split(screen.splitlines()[-1].removeprefix("command"))
    typed = ResultPaths.for_config(load_run_config([*command[3:], NO_PAGE]))
    assert typed.run_dir == last_run(screen).run_dir
