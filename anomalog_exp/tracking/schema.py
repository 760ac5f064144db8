"""The store's file: made by MLflow under another name, then renamed into place.

MLflow creates and migrates a SQLite store where it stands, statement by statement, for seconds. A
process that is killed meanwhile leaves a file that no MLflow opens again. So the file is made beside the
store and takes its place when it is whole. What becomes of a store that is there:

- It has MLflow's current schema: it stays as it is.
- It has an older one: MLflow migrates a copy, which then takes its place. (An `mlflow ui` that has the
  older file open must be started again.)
- It has no current schema, and no rows but those that MLflow adds by itself: a creation was killed. The
  store is begun anew.
- It cannot be written, or belongs to another program or to a newer MLflow: an error at once. MLflow
  would try for 103 s to open it, while others wait.

A file that is replaced is kept as `<store>.before-<revision>`.

MLflow has no public function for this that does not work in place. The private ones that are used here
are the same from MLflow 3.13, the oldest that this program takes, to 3.17.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.metadata import version
from itertools import count
from pathlib import Path
from shutil import copymode
from typing import Any

from anomalog_exp.errors import ConfigError

__all__ = ["make_current"]

_LOG = logging.getLogger(__name__)

_PATIENCE_S = 2.0
_SIDE_FILES = ("-journal", "-wal", "-shm")
_SOMEBODYS = {
    "alembic_version": "WHERE FALSE",
    "workspaces": "WHERE name <> 'default'",
    "experiments": "WHERE experiment_id <> 0",
}
"""Which rows are somebody's, in the tables that MLflow fills by itself."""


def make_current(store: Path) -> None:
    """Make `store` a file that this MLflow works on; its lock is held.

    Raises:
        ConfigError: the file cannot be written, or holds something else.
    """
    if "?" in str(store):
        raise ConfigError.of(
            "tracking.store",
            store,
            problem="MLflow ends the name of a file at a question mark",
            allowed="a path without one",
            fix="name another file",
        )
    if not store.exists() or (store.is_file() and store.stat().st_size == 0):
        # The log of changes of a file that is gone: the one that comes now would take it for its own.
        _remove(store, _SIDE_FILES)
        with _made_beside(store) as new:
            _bring_up_to_date(store, new, empty=True)
        return
    try:
        with closing(_opened(store)) as database:
            if _revision(database) != _newest_revision():
                _replace(store, database)
    except sqlite3.Error as error:
        raise ConfigError.of(
            "tracking.store",
            store,
            problem=f"SQLite cannot use it ({error})",
            allowed="a SQLite file of MLflow that can be written, or a name that is free",
            fix="end what holds it, mend it or move it away, or name another file",
        ) from error


def _replace(store: Path, database: sqlite3.Connection) -> None:
    """Put a store with the current schema in the place of another, which is kept."""
    _own(database)
    empty = _holds_nothing(database)
    if not empty and _revision(database) is None:
        raise ConfigError.of(
            "tracking.store",
            store,
            problem="it is a database of another program",
            allowed="a SQLite file of MLflow, or a name that is free",
            fix="name another file",
        )
    with _made_beside(store) as new:
        if not empty:
            _copy(store, new)
        _bring_up_to_date(store, new, empty=empty)
        names = (f"{store.name}.before-{_newest_revision()}{f'-{n}' if n else ''}" for n in count())
        kept = next(path for path in map(store.with_name, names) if not path.exists())
        with _made_beside(kept) as copy:
            _copy(store, copy)
    _LOG.info("%s is %s now; the file before it is %s", store, "new" if empty else "migrated", kept)


def _opened(store: Path) -> sqlite3.Connection:
    """A connection beside which nobody reads or writes; opening it undoes what a kill has left."""
    database = sqlite3.connect(
        f"{store.as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_S, isolation_level=None
    )
    try:
        database.execute("BEGIN EXCLUSIVE")
        # Only a change, never committed, shows that the file and its folder can be written.
        database.execute("PRAGMA user_version = 1")
    except BaseException:
        database.close()
        raise
    return database


def _own(database: sqlite3.Connection) -> None:
    """Let nobody write, and no log of changes stand beside the file: it would spoil the next one."""
    database.execute("ROLLBACK")
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("BEGIN IMMEDIATE")  # SQLite copies nothing from behind an exclusive lock


def _revision(database: sqlite3.Connection) -> str | None:
    if "alembic_version" not in _tables(database):
        return None
    row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _tables(database: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [str(name) for (name,) in database.execute(query)]


def _holds_nothing(database: sqlite3.Connection) -> bool:
    rows = (
        f'SELECT EXISTS (SELECT 1 FROM "{table}" {_SOMEBODYS.get(table, "")})'
        for table in _tables(database)
    )
    return not any(database.execute(query).fetchone()[0] for query in rows)


@contextmanager
def _made_beside(path: Path) -> Iterator[Path]:
    """A file that takes the place of `path` when it is whole; one that a kill has left is begun anew."""
    new = path.with_name(f".{path.name}.new")
    _remove(new, ("", *_SIDE_FILES))
    try:
        yield new
        new.replace(path)
    finally:
        _remove(new, ("", *_SIDE_FILES))


def _remove(path: Path, endings: tuple[str, ...]) -> None:
    for ending in endings:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _copy(store: Path, copy: Path) -> None:
    with (
        closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    copymode(store, copy)


@cache
def _newest_revision() -> str:
    return str(_mlflow_databases()._get_latest_schema_revision())


def _bring_up_to_date(store: Path, file: Path, *, empty: bool) -> None:
    """Let MLflow create or migrate the schema of a file that nobody else knows."""
    databases = _mlflow_databases()
    engine = databases.create_sqlalchemy_engine(f"sqlite:///{file}")
    try:
        if empty:
            databases._initialize_tables(engine)
        else:
            databases._upgrade_db(engine)
    except Exception as error:  # MLflow's, alembic's or SQLAlchemy's; SQL follows the first line
        message = str(error).partition("\n")[0]
        what = "create it" if empty else "bring its schema up to date"
        raise ConfigError.of(
            "tracking.store",
            store,
            problem=f"MLflow {version('mlflow')} cannot {what} ({type(error).__name__}: {message})",
            allowed="a store of this MLflow or of an older one, or a name that is free",
            fix="mend the place, use the MLflow that wrote the store, or name another file",
        ) from error
    finally:
        engine.dispose()


def _mlflow_databases() -> Any:
    from mlflow.store.db import utils

    return utils
