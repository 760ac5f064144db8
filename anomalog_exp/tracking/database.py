"""A PostgreSQL database that holds the runs, asked before MLflow opens it.

MLflow tries for 103 s to reach a database that is away, and makes its tables where there are none, which
two processes cannot do at once. So one connection of ours comes first: it fails at once where nobody
answers, and holds a lock of the database, which ends with it, while MLflow opens it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["held_database"]

_LOCK: Final = 0x616E6F6D616C6F67
"""A number of ours among the locks of a database."""

_PATIENCE: Final = "60s"


@contextmanager
def held_database(address: str) -> Iterator[None]:
    """No other process of ours opens the database inside the block.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it cannot be reached.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{_PATIENCE}'"))
        connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
        yield
