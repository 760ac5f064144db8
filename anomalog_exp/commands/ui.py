"""Runs shown and compared in a browser: MLflow's user interface, opened on the comparison.

  python -m anomalog_exp ui                          runs of the experiment that was used last
  python -m anomalog_exp ui outputs/sweeps/demo-0123abcd      the members of a sweep
  python -m anomalog_exp ui outputs/demo-entity-chronological-siblings-markov/0123456789abcdef
  python -m anomalog_exp ui -- tracking.store=/elsewhere/mlflow.db

It listens on this machine only, and ends with Ctrl-C. What stands behind -- are overrides that name the
store. On a terminal it also opens your browser. Of runs at a team's server it starts nothing: it prints
the server's address.
"""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from anomalog_exp.commands._store import named_store
from anomalog_exp.commands._usage import CommandParser, before_and_after_dashes
from anomalog_exp.config.tracking_address import SQLITE
from anomalog_exp.errors import ConfigError
from anomalog_exp.tracking.address import address_of, is_web, recorded_address, without_login
from anomalog_exp.tracking.ui import page_of, served, tracked_in

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Show the page until somebody ends it; the exit code."""
    parser = CommandParser(__name__, "[DIR] [--port PORT] [--no-browser] [-- KEY=VALUE ...]")
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="the folder of a run or a sweep"
    )
    parser.add_argument(
        "--port", type=int, help="where it listens; the first free one from 5000 on"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    own, overrides = before_and_after_dashes(arguments)
    given = parser.parse_args(own)
    address, run_id = _address_and_run(given.folder, overrides)
    page = page_of(address, run_id)
    browser = sys.stdout.isatty() and not given.no_browser
    if is_web(address):
        _show(f"{without_login(address)}{page}", browser=browser)
        return 0
    with served(address, given.port) as (there, server):
        _show(f"{there}{page}\nCtrl-C ends it", browser=browser)
        return server.wait()


def _show(text: str, *, browser: bool) -> None:
    """Print the address, and what follows it in further lines; open it in a browser if one is wanted."""
    print(text, flush=True)
    if browser:
        webbrowser.open(text.partition("\n")[0])


def _address_and_run(folder: Path | None, overrides: Sequence[str]) -> tuple[str, str | None]:
    """The address of what is shown, with its secrets, and the run or sweep to begin with.

    Raises:
        ConfigError: there is no store yet, or the address is hidden.
    """
    run_id = None
    if folder is not None:
        mirror = tracked_in(folder)
        address, run_id = recorded_address(mirror), str(mirror["run_id"])
    else:
        address = address_of(named_store(overrides, what_for="to show"))
    store = Path(address.removeprefix(SQLITE))
    if address.startswith(SQLITE) and not store.is_file():
        raise ConfigError.of(
            "tracking.store",
            store,
            problem="there is no such store",
            allowed="the SQLite file that runs are mirrored to; the first run makes it",
            fix="stand in the folder that you ran in, or name the store behind --",
        )
    return address, run_id
