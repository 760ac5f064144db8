"""What the program and its commands are for.

  python -m anomalog_exp help                all commands
  python -m anomalog_exp help experiments    one of them, with examples
  python -m anomalog_exp --help              every group, option and key of a run

What is printed of a command stands at the top of its module.
"""

from __future__ import annotations

from collections.abc import Sequence

from anomalog_exp.commands import run_command
from anomalog_exp.commands._about import about_module
from anomalog_exp.commands._usage import CommandParser
from anomalog_exp.config.words import command_files

__all__ = ["main"]

_TEXT = """\
anomalog_exp: log-anomaly-detection experiments, from raw logs to comparable results.

  python -m anomalog_exp                                     a run of the demo, with defaults
  python -m anomalog_exp dataset=hdfs model=naive_bayes      a run
  python -m anomalog_exp model=markov,pca seed=0,1 -m        a sweep: all combinations, in parallel
  python -m anomalog_exp experiment=NAME                     a named protocol
  python -m anomalog_exp COMMAND ...                         one of these:

{commands}

`help COMMAND` shows a command's arguments and examples, `--help` every group, option and key of a run.
"""


def main(arguments: Sequence[str]) -> int:
    """Print what is asked for; the exit code."""
    parser = CommandParser(__name__, "[COMMAND]")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="the command to explain")
    word = parser.parse_args(arguments).command
    if word is not None:
        return run_command(word, "--help")
    files = command_files()
    width = max(map(len, files))
    lines = [f"  {name.ljust(width)}  {about_module(file)}" for name, file in files.items()]
    print(_TEXT.format(commands="\n".join(lines)), end="")
    return 0
