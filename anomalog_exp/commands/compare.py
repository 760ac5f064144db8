"""Runs side by side: what differs, which is better, whether that is more than chance, who misses what.

  python -m anomalog_exp compare outputs/demo-entity-chronological-siblings-*/*
  python -m anomalog_exp compare outputs/sweeps/demo-0123abcd
  python -m anomalog_exp compare RUN_DIR RUN_DIR --format latex --out table.tex

Every run is compared with the first one named, on the same test units; the folder of a sweep stands for
its members. Runs that were tested on different units are refused; --metrics-only leaves out what takes
the same ones. CSV is one table with a row per run; LaTeX needs the package booktabs.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.commands._usage import CommandParser, whole_number
from anomalog_exp.files import write_text
from anomalog_exp.progress import Progress
from anomalog_exp.results.comparison import FORMATS, comparison, named_runs

__all__ = ["main"]

_EXAMPLES = 3
_MANY = 4
"""Of more runs than these no examples are shown unless they are asked for: nobody would read them."""


def main(arguments: Sequence[str]) -> int:
    """Print or write the comparison; the exit code."""
    parser = CommandParser(
        __name__,
        "RUN_OR_SWEEP [RUN_OR_SWEEP ...] [--format FORMAT] [--out FILE] [--metrics-only] "
        "[--samples N] [--seed N] [--examples N]",
    )
    parser.add_argument(
        "folders",
        nargs="+",
        type=Path,
        metavar="RUN_OR_SWEEP",
        help="the folder of a run, or that of a sweep, which stands for its members",
    )
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="text by default")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead")
    parser.add_argument(
        "--metrics-only",
        action="store_true",
        help="metrics side by side, also of runs that were tested on different units",
    )
    parser.add_argument(
        "--samples",
        type=_positive,
        default=1000,
        metavar="N",
        help="resamples behind the interval of a difference of F1, 1000 by default",
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, metavar="N", help="of the resampling, 0 by default"
    )
    parser.add_argument(
        "--examples",
        type=whole_number,
        metavar="N",
        help=f"units to show of those that one run alone catches; {_EXAMPLES} by default, and none "
        f"of more than {_MANY} runs",
    )
    asked = parser.parse_args(arguments)
    runs, left_out = named_runs([folder.absolute() for folder in asked.folders])
    examples = _EXAMPLES if len(runs) <= _MANY else 0
    document = comparison(
        runs,
        left_out=left_out,
        metrics_only=asked.metrics_only,
        samples=asked.samples,
        seed=asked.seed,
        examples=examples if asked.examples is None else asked.examples,
        progress=Progress(lines=False),
    )
    text = FORMATS[asked.format](document)
    if asked.out is None:
        print(text, end="")
    else:
        write_text(asked.out, text)
        print(f"written  {asked.out}")
    return 0


def _positive(text: str) -> int:
    if (number := whole_number(text)) == 0:
        raise ArgumentTypeError("0 is too small: at least 1")
    return number
