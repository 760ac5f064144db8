"""Attacks on the program, and a page of what it survived.

    python scripts/reliability.py --long
    python scripts/reliability.py --short --only kills --out kills.md
    python scripts/reliability.py --long --kept rows.jsonl

With --kept a long form that is cut off goes on: attacks that all cases survived are not made again. The
seed decides what every case is. The short form takes some cases of each attack and a few minutes. The
long one takes all of them and an hour or more, and writes the page. Ends with 1 if anything was lost,
wrong or left over. Kinds of attack are in `attacks/`, and `reliability_row` says how to add one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = _ROOT / "docs" / "reliability.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Attack, write, print; the exit code."""
    # The program, and what the tests have to make archives and servers.
    sys.path.insert(0, str(_ROOT))
    from reliability_kept import KeptRows
    from reliability_page import page, total
    from reliability_row import Arena, attacks

    given = _parser().parse_args(arguments)
    chosen = attacks(given.only)
    if not chosen:
        print(f"no attack is called {given.only!r}", file=sys.stderr)
        return 2
    kept = KeptRows(given.kept, given.seed, given.long)
    rows = []
    with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
        Path(folder).chmod(0o755)  # some attacks run as nobody
        arena = Arena(given.seed, given.long, Path(folder).resolve(), given.workers)
        try:
            for one in chosen:
                if (row := kept.survived(one)) is None:
                    row = one.row(arena)
                    kept.keep(row)
                rows.append(row)
                figures = f"{row.survived:,} of {row.tried:,} in {row.seconds:.1f} s"
                print(f"{row.kind}: {row.what}: {figures} {row.note}", flush=True)
        finally:
            arena.close()
    everything = total(rows)
    survived = f"{everything.survived:,} of {everything.tried:,} survived"
    print(f"{survived}, in {everything.seconds:.0f} s")
    out = given.out or (_PAGE if given.long and not given.only else None)
    if out is not None:
        out.write_text(page(rows, seed=given.seed, long=given.long))
    return int(everything.survived < everything.tried)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="decides every case")
    parser.set_defaults(long=False)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--short", dest="long", action="store_false", help="some cases; the default")
    form.add_argument("--long", action="store_true", help="all cases")
    parser.add_argument("--only", default="", metavar="ROW", help="a kind, or a part of a name")
    written = "the page to write; by default docs/reliability.md, by the whole long form"
    parser.add_argument("--out", type=Path, metavar="FILE", help=written)
    kept = "where rows are kept as they come, and taken from"
    parser.add_argument("--kept", type=Path, metavar="FILE", help=kept)
    parser.add_argument("--workers", type=int, default=2, help="cases at a time")
    return parser


if __name__ == "__main__":
    sys.exit(main())
