"""Which change leads, which follow from it, and in which order they stand, in small logs made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from anomalog_exp.results.changes import changes_of
from tests.features.test_replicates import split
from tests.logs import log_dataset, unseen

BEFORE = ["h1", "h2", "h3", "h4", "h5"]
USUAL = {
    "a INFO opened": 40,
    "a INFO paid": 40,
    "a INFO packed": 38,
    "a INFO sent": 41,
    "a INFO closed": 40,
}


def changes(
    runs: Mapping[str, Mapping[str, Mapping[str, int]]], after: Sequence[str] = ("f",), **options
):
    """What changed, in runs of services with so many lines of each text."""
    rows, sources = [], []
    for run, services in runs.items():
        for service, counts in services.items():
            # The lines of a service take turns, so that each follows another one.
            left = dict(counts)
            while left:
                for text in list(left):
                    rows.append((None, text, None, -1))
                    sources.append(f"{run}/{service}.log")
                    left[text] -= 1
                    if not left[text]:
                        del left[text]
    values = options.get("values")
    dataset = log_dataset(
        rows, sources=sources, values=None if values is None else [values(i, row) for i, row in enumerate(rows)]
    )  # fmt: skip
    sides = split([f"{name}/*" for name in BEFORE], [f"{n}/*" for n in after])
    return changes_of(dataset, sides, unseen(dataset))


def healthy(*services: str) -> dict[str, dict[str, dict[str, int]]]:
    """Five runs that differ a little."""
    return {
        run: {
            service: {text: n + (3 * i + len(text)) % 5 for text, n in USUAL.items()}
            for service in services
        }
        for i, run in enumerate(BEFORE)
    }


def told(found) -> list[tuple[str, str, list[str]]]:
    return [(one.what, one.text, one.services) for one in found.changes]


def test_what_all_runs_show_outranks_what_one_does():
    runs = healthy("web")
    runs["f"] = {"web": {**USUAL, "a ERROR new in both": 1, "a WARN also in both": 1}}
    runs["g"] = {"web": runs["f"]["web"] | {"a FATAL once": 1}}
    found = changes(runs, after=["f", "g"])
    assert [text for _, text, _ in told(found)] == ["new in both", "also in both", "once"]
    assert [one.after for one in found.changes] == [[1, 1], [1, 1], [0, 1]]


def test_a_graver_level_comes_first_and_what_is_alike_last():
    runs = healthy("web")
    for services in runs.values():
        services["web"] |= {"a ERROR no answer of peer north in time": 2}
    runs["f"] = {
        "web": USUAL
        | {
            "a ERROR no answer of peer north in time": 2,
            "a ERROR no answer of peer south in time": 1,
            "a ERROR disk full": 1,
            "a CRITICAL power lost": 1,
            "a INFO hello": 1,
        }
    }
    found = changes(runs)
    assert [(text, one.known_as) for (_, text, _), one in zip(told(found), found.changes, strict=True)] == [
        ("power lost", ""),
        ("disk full", ""),
        ("no answer of peer south in time", "alike"),
        ("hello", ""),
    ]  # fmt: skip
    assert found.passing == 0
    assert [one.chance for one in found.changes] == [None] * 4


def test_a_statement_that_is_gone_in_two_services_is_one_change():
    runs = healthy("web", "db")
    rest = {text: n for text, n in USUAL.items() if text != "a INFO packed"}
    runs["f"] = {"web": rest, "db": rest}
    found = changes(runs)
    assert told(found) == [("gone", "packed", ["db.log", "web.log"])]
    change = found.changes[0]
    assert change.passes
    assert change.after == [0]
    assert change.joined > 2
    assert {line.text for line in change.lines} == {"a INFO packed"}


def test_a_service_that_is_missing_is_one_change():
    runs = healthy("web", "db", "mail")
    runs["f"] = {"web": USUAL, "db": USUAL}
    found = changes(runs)
    assert told(found) == [("gone", "all of its lines", ["mail.log"])]
    assert found.changes[0].passes


def test_names_of_a_run_are_no_new_values_and_codes_are():
    runs = healthy("web")
    runs["f"] = {"web": USUAL}
    number = {run: i for i, run in enumerate([*BEFORE, "f"])}
    total = {run: sum(services["web"].values()) for run, services in runs.items()}
    begins = {}
    for run in runs:
        begins[run] = sum(total[other] for other in list(runs)[: number[run]])

    def values(i, row):
        run = max((name for name in runs if begins[name] <= i), key=lambda name: begins[name])
        code = "503" if run == "f" and i % 4 == 0 else "200"
        return [code, f"port-{number[run]}"] if row[1] == "a INFO paid" else []

    found = changes(runs, values=values)
    assert all(one.kind == "value" for one in found.changes)
    assert {one.text.split(",")[0] for one in found.changes} == {"503"}
    assert found.changes[0].passes
