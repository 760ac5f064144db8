"""`score --follow`: its options, and what they may not be together with."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.commands._usage import CommandParser, whole_number
from anomalog_exp.data.sources.piped import is_pipe
from anomalog_exp.errors import ConfigError
from anomalog_exp.following import FollowOptions, follow
from anomalog_exp.results import Bundle

__all__ = ["add_follow_options", "follow_log", "refuse_unfollowed"]

_UNFOLLOWED = ("output", "state", "fresh", "idle", "flush", "max_open", "all", "once", "stats")
"""Options that mean something with --follow alone."""

_NUMBERS = {"idle": 1800.0, "flush": 1.0, "max_open": 1_000_000, "stats": 60.0}
"""Those that are numbers, as they are where nobody says otherwise."""


def add_follow_options(parser: CommandParser) -> None:
    """Add `--follow` and what belongs to it."""
    group = parser.add_argument_group("a log that grows")
    group.add_argument(
        "--follow",
        action="store_true",
        help="go on as the file grows, or with - on standard input: findings as JSON lines",
    )
    group.add_argument(
        "--output", type=Path, metavar="FILE", help="append findings to it; standard output"
    )
    group.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keeps the place for a restart; FILE.state of --output",
    )
    group.add_argument(
        "--fresh", action="store_true", help="forget the state: begin where the file begins"
    )
    group.add_argument(
        "--idle",
        type=_seconds,
        metavar="SECONDS",
        help="a session without an event for so long has ended; {idle:g}".format(**_NUMBERS),
    )
    group.add_argument(
        "--flush",
        type=_seconds,
        metavar="SECONDS",
        help="a record, or a window of time, waits so long for its rest; {flush:g}".format(
            **_NUMBERS
        ),
    )
    group.add_argument(
        "--max-open",
        type=whole_number,
        metavar="N",
        help="events of open sessions that are held; {max_open:,}".format(**_NUMBERS),
    )
    group.add_argument("--all", action="store_true", help="write what is not anomalous, too")
    group.add_argument(
        "--once", action="store_true", help="end where the file ends, and judge what is open"
    )
    group.add_argument(
        "--stats",
        type=_seconds,
        metavar="SECONDS",
        help="say how far it is; {stats:g}, 0 for never".format(**_NUMBERS),
    )


def refuse_unfollowed(parser: CommandParser, options: argparse.Namespace) -> None:
    """See that no option is given that means nothing without `--follow`."""
    if given := [name for name in _UNFOLLOWED if getattr(options, name) not in (None, False)]:
        parser.error(f"--{given[0].replace('_', '-')} means nothing without --follow")


def follow_log(
    parser: CommandParser,
    bundle: Bundle,
    options: argparse.Namespace,
    paths: Sequence[Path],
    typed: Sequence[str],
) -> int:
    """Follow a log; how many findings there were.

    Raises:
        ConfigError: the options do not go together, or the log cannot be followed.
    """
    if options.write:
        parser.error("--write is for a log that is finished: --follow writes to --output")
    if typed:
        parser.error(f"--follow takes no overrides, such as {typed[0]}")
    reading = bundle.manifest.dataset.structured_parser
    if reading.reads == "sessions":
        raise ConfigError.of(
            "--follow",
            bundle.directory,
            problem="this bundle reads files of sessions, one a line, which do not grow line by line",
            allowed="a bundle of a log of lines",
            fix="score the files without --follow",
        )
    if len(paths) > 1 or paths[0].is_dir():
        raise ConfigError.of(
            "PATH",
            ", ".join(map(str, paths)),
            problem="one process follows one log",
            allowed="one file, or - for standard input; its rotated parts are found by themselves",
            fix="start a process for each, or join them: tail -q -F a.log b.log | ... BUNDLE - --follow",
        )
    log = paths[0]
    if not is_pipe(log) and not (log.exists() if options.once else log.absolute().parent.is_dir()):
        raise ConfigError.of(
            "PATH",
            log,
            problem="it is not there" if options.once else "its folder is not there",
            allowed="a file; without --once one that is still to come, in a folder that is there",
            fix="name another file, or make the folder",
        )
    given = {name: getattr(options, name) for name in _NUMBERS}
    chosen = _NUMBERS | {name: value for name, value in given.items() if value is not None}
    findings = follow(
        bundle,
        FollowOptions(
            path=log,
            output=options.output,
            state=_state(options, log),
            fresh=options.fresh,
            idle_s=chosen["idle"],
            flush_s=chosen["flush"],
            most_open=max(1, int(chosen["max_open"])),
            every=options.all,
            once=options.once,
            stats_s=chosen["stats"],
        ),
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    if options.output is not None:
        print(f"{findings:,} findings in {options.output}")
    return findings


def _state(options: argparse.Namespace, log: Path) -> Path | None:
    """The file of the state; None where nothing could be read again, or nobody asks for it."""
    output: Path | None = options.output
    state: Path | None = options.state
    if is_pipe(log):
        if state is not None:
            raise ConfigError.of(
                "--state",
                state,
                problem="what came through a pipe cannot be read again, so there is no place to keep",
                allowed="a file that grows",
                fix="leave --state out, or let the log be written into a file and follow that",
            )
        return None
    if state is None and output is not None:
        return output.with_name(f"{output.name}.state")
    return state


def _seconds(text: str) -> float:
    """A length of time from 0 on, as the type of an argument."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 on")
    return seconds
