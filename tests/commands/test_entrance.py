"""Words behind `python -m anomalog_exp`: commands, and what is said to words and flags that are none."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import anomalog_exp.commands
from anomalog_exp.commands import command_in, run_command
from anomalog_exp.commands._about import about_module
from anomalog_exp.config.arguments import flags_first
from anomalog_exp.config.words import command_files
from anomalog_exp.errors import ConfigError
from anomalog_exp.experiments import main as entrance
from tests.command import command, environment

COMMANDS = [
    "analyze",
    "check",
    "compare",
    "diff",
    "experiments",
    "help",
    "inspect",
    "list",
    "mirror",
    "pin",
    "report",
    "rerun",
    "score",
    "status",
    "templates",
    "ui",
]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], None),
        (["model=markov"], None),
        (["-m", "model=markov"], None),
        (["+x=1"], None),
        (["~debug"], None),
        (["--help"], None),
        (["--help", "model=markov"], None),
        (["list"], ["list"]),
        (["rerun", "outputs/a/b", "--", "x=1"], ["rerun", "outputs/a/b", "--", "x=1"]),
        (["list", "--help"], ["list", "--help"]),
        (["--help", "list"], ["help", "list"]),
        (["-h", "experiments"], ["help", "experiments"]),
        (["no-such"], ["no-such"]),
    ],
)
def test_a_first_argument_that_is_a_plain_word_is_a_command(arguments, found):
    assert command_in(arguments) == found


def test_commands_are_the_modules_of_their_folder():
    assert list(command_files()) == COMMANDS
    folder = Path(anomalog_exp.commands.__file__).parent
    assert {path.parent for path in command_files().values()} == {folder}


@pytest.mark.parametrize("word", COMMANDS)
def test_every_command_says_what_it_is_for_with_examples(word, capsys):
    with pytest.raises(SystemExit, match="0"):
        run_command(word, "--help")
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: python -m anomalog_exp {word}")
    docstring = ast.get_docstring(ast.parse(command_files()[word].read_text()))
    assert docstring in shown
    assert f"\n  python -m anomalog_exp {word}" in docstring
    assert run_command("help") == 0
    assert f"  {word.ljust(11)}  {about_module(command_files()[word])}\n" in capsys.readouterr().out


@pytest.mark.parametrize("word", COMMANDS)
def test_an_argument_that_a_command_does_not_know_is_a_mistake(word):
    with pytest.raises(ConfigError, match=rf"(?s)^the command {word}: unrecognized.*\n  value: .*\n  allowed: python -m anomalog_exp {word}.*\n  to do: .*help {word}"):  # fmt: skip
        needs_one = word in (
            "compare",
            "inspect",
            "mirror",
            "report",
            "rerun",
            "score",
            "status",
            "templates",
        )
        run_command(word, *(["x"] if needs_one else []), "--no-such-flag")


WORDS = [
    (["model", "markov"], "write model=markov"),
    (["model", "=", "markov"], "write model=markov"),
    (["model", "marcov"], "write model=markov"),
    (["model"], "write model=<option>"),
    (["seed", "3"], "write seed=3"),
    (["markov"], "write model=markov"),
    (["hdfs"], "write dataset=hdfs"),
    (["demo_models"], "write experiment=demo_models"),
    (["marcov"], "did you mean model=markov?"),
    (["run"], "leave it out, a run needs none: python -m anomalog_exp"),
    (["train", "model=pca"], "leave it out, a run needs none: python -m anomalog_exp model=pca"),
    (["experiment", "list"], "did you mean 'experiments'?"),
    (["lst"], "did you mean 'list'?"),
    (["qqqq"], "`python -m anomalog_exp help` says what each command does"),
    ([str(Path(__file__))], f"write dataset=custom dataset.source.path={Path(__file__)}"),
]


@pytest.mark.parametrize(("arguments", "advice"), WORDS)
def test_a_word_that_is_no_command_is_answered_by_what_was_meant(arguments, advice):
    with pytest.raises(ConfigError) as raised:
        run_command(*arguments)
    lines = str(raised.value).splitlines()
    assert lines[0] == "a word of the command: it is neither a command nor key=value"
    assert lines[1] == f"  value:   {arguments[0]}"
    assert ", ".join(COMMANDS) in lines[2]
    assert lines[3] == f"  to do:   {advice}"


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["seed=1", "list"], "put it first: python -m anomalog_exp list ..."),
        (["seed=1", "model", "markov"], "write model=markov"),
        (["-m", "seed=1,2", "hdfs"], "write dataset=hdfs"),
        (["--model", "markov"], "write model=markov"),
        (["--model=markov"], "write model=markov"),
        (["-model", "markov"], "write model=markov"),
        (["--sequence.window_size", "5"], "write sequence.window_size=5"),
        (["--dataset/source=local_zip"], "write dataset/source=local_zip"),
        (["--mutlirun"], "did you mean '--multirun'?"),
        (["--epochs", "-m"], "keys have no dashes: epochs=<value>"),
    ],
)
def test_a_word_or_flag_where_none_is_expected_is_answered_likewise(arguments, advice):
    with pytest.raises(ConfigError) as raised:
        flags_first(arguments)
    assert str(raised.value).splitlines()[3] == f"  to do:   {advice}"


def test_the_process_ends_as_a_run_with_a_mistake_does(tmp_path):
    done = command("model", "markov", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("  to do:   write model=markov\n")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_console_script_knows_the_words_too(tmp_path):
    script = Path(sys.executable).with_name("anomalog-exp")
    done = subprocess.run(
        [script, "help", "list"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: python -m anomalog_exp list ")


def test_a_reader_that_has_seen_enough_ends_a_command_quietly(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "anomalog_exp", "list", "datasets"],
        cwd=tmp_path, env=environment(), stdout=-1, stderr=-1, text=True,
    ) as process:  # fmt: skip
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141
    assert said == ""


def test_the_help_of_a_run_lists_the_commands(tmp_path):
    done = command("--help", cwd=tmp_path)
    assert f"\n{', '.join(COMMANDS)}\n" in done.stdout
    # What the options of a group share is no option, and no config to run.
    assert "_dataset" not in done.stdout


def test_the_module_of_experiments_is_the_same_entrance():
    assert entrance.__module__ == "anomalog_exp.__main__"


LIGHT = [["list", "datasets"], ["list", "detectors"], ["help"], ["experiments", "list"], ["help", "check"]]  # fmt: skip


@pytest.mark.parametrize("arguments", LIGHT, ids=" ".join)
def test_a_command_that_only_reads_files_loads_nothing_heavy(arguments):
    code = (
        "import sys; from anomalog_exp.commands import run_command\n"
        f"try: run_command(*{arguments!r})\n"
        "except SystemExit: pass\n"
        "heavy = {'mlflow', 'sklearn', 'pandas', 'torch', 'polars', 'pyarrow', 'river'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
