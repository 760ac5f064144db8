"""The page of a run dir or of a sweep's folder, made again from what is in it.

  python -m anomalog_exp report outputs/demo-entity-chronological-siblings-markov/0123456789abcdef
  python -m anomalog_exp report outputs/*/* outputs/sweeps/*
  python -m anomalog_exp report RUN_DIR --out page.html
  python -m anomalog_exp report RUN_DIR --figures svg --figures png

The page is one file, report.html in the folder or what --out names, and needs no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.commands._usage import CommandParser
from anomalog_exp.config.load import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.sweep_folder import SweepFolder
from anomalog_exp.report.write import PAGE, write_run_report, write_sweep_report
from anomalog_exp.results import StoredRun, claimed, read_run

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Print the path of each page; the exit code."""
    parser = CommandParser(__name__, "DIR [DIR ...] [--out FILE] [--figures svg|png]")
    parser.add_argument("dirs", nargs="+", type=Path, metavar="DIR", help="of a run or a sweep")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page, elsewhere; of one DIR")
    parser.add_argument(
        "--figures",
        action="append",
        choices=["svg", "png"],
        default=[],
        help="also write figures/ in the folder, with files of this format",
    )
    options = parser.parse_args(arguments)
    found = [_run_or_sweep(folder.absolute()) for folder in options.dirs]
    out = _page_elsewhere(options.out, len(found))
    cache_dir = load_run_config().paths.cache_dir
    for one in found:
        if isinstance(one, SweepFolder):
            page = out or one.path / PAGE
            write_sweep_report(
                one.path,
                one.records("it left no record"),
                cache_dir,
                typed=one.typed,
                summarize=one.summarize,
                page=page,
                figures=options.figures,
            )
        else:
            page = out or one.paths.page_path
            with claimed(one.paths):
                write_run_report(one, cache_dir, page=page, figures=options.figures)
        print(page)
    return 0


def _run_or_sweep(folder: Path) -> StoredRun | SweepFolder:
    """What a folder holds."""
    sweep = SweepFolder(folder)
    if sweep.is_there:
        return sweep
    try:
        stored = read_run(folder)
    except FileNotFoundError as error:
        raise ConfigError.of(
            "DIR",
            folder,
            problem="this folder holds neither a run nor a sweep",
            allowed="folders with a status.json or a plan.json, as outputs/<run name>/<fingerprint> and "
            "outputs/sweeps/<name>",
            fix="name the folder that a run prints as `run dir`, or that a sweep's table is in",
        ) from error
    if stored.status["status"] == "running":
        raise ConfigError.of(
            "DIR",
            folder,
            problem="the run has not ended: it lasts still, or it was cut off",
            allowed="runs that have ended",
            fix="wait for its end, or type its command again",
        )
    return stored


def _page_elsewhere(out: Path | None, dirs: int) -> Path | None:
    if out is None:
        return None
    if dirs > 1 or out.is_dir():
        several = f"leave --out out: each page becomes {PAGE} in its DIR"
        raise ConfigError.of(
            "--out",
            out,
            problem=f"there are {dirs} pages to write" if dirs > 1 else "this is a folder",
            allowed="the name of one file, for one DIR",
            fix=several if dirs > 1 else f"--out {out / PAGE}",
        )
    return out.absolute()
