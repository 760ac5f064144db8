"""Whether `diff` shows what was changed: a cause planted into a run of seven services.

    python scripts/benchmark_diff.py
    python scripts/benchmark_diff.py --only json --seeds 3 --before 1

Each case compares healthy runs with one in which a cause was planted, or with one or two healthy ones.
The table says at which place the changes name the cause, and how many changes pass the test. Ends with 1
if a cause is behind the third place.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare every case, print; the exit code."""
    sys.path.insert(0, str(_ROOT))
    from benchmark_runs import CAUSES, FORMATS

    from anomalog_exp.text_table import text_table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="FORMAT", help="one format")
    parser.add_argument("--seeds", type=int, default=1, help="systems of each case")
    parser.add_argument("--before", type=int, default=5, help="healthy runs before")
    given = parser.parse_args(arguments)
    forms = [form for form in FORMATS if given.only in ("", form)]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for cause in (*CAUSES, None, "two healthy runs"):
            row: dict[str, Any] = {"planted": cause or "nothing"}
            for form in forms:
                seen = [
                    compared(Path(folder) / f"{form}-{seed}", form, cause, seed, given.before)
                    for seed in range(given.seeds)
                ]
                row[form] = ", ".join("-" if s["place"] is None else str(s["place"]) for s in seen)
                row[f"{form} passing"] = ", ".join(str(one["passing"]) for one in seen)
            rows.append(row)
    print(text_table(rows, ["planted", *(name for f in forms for name in (f, f"{f} passing"))]))
    places = [
        p for row in rows if row["planted"] in CAUSES for f in forms for p in row[f].split(", ")
    ]
    first = sum(place in ("1", "2", "3") for place in places)
    print(f"{first} of {len(places)} are among the first three changes")
    return int(first < len(places))


def compared(
    folder: Path, form: str, cause: str | None, seed: int, before: int = 5, requests: int = 150
) -> dict[str, Any]:
    """What a comparison says: the place of the cause, how many changes pass, and the changes."""
    from benchmark_runs import CAUSES, write_run

    from anomalog_exp.commands.diff import main as diff

    healthy = [folder / f"healthy{number}" for number in range(1, before + 1)]
    for number, run in enumerate(healthy):
        if not run.exists():
            write_run(run, form, 1000 * seed + number, None, requests)
    planted = [cause] if cause in CAUSES else [None] * (2 if cause else 1)
    sign = None
    after = []
    for number, one in enumerate(planted):
        after.append(folder / f"{cause or 'nothing'}-{number}".replace(" ", "-"))
        kind = CAUSES.index(one) if one else 50 + number + len(planted)
        sign = write_run(after[-1], form, 1000 * seed + 500 + kind, one, requests)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        diff([*map(str, healthy), "--", *map(str, after), "--json", "report.page=false"])
    changes = json.loads(shown.getvalue())
    ranked = enumerate(changes["changes"], 1)
    place = next((n for n, one in ranked if sign and sign.names(one)), None)
    return {"place": place, "passing": changes["passing"], "changes": changes}


if __name__ == "__main__":
    sys.exit(main())
