"""Bundles that somebody has made to harm: each is refused in four parts, soon, and runs nothing.

Whoever makes one can write digests that fit, so all but the first of these tests do.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.results import Scorer, load_bundle, read_bundle
from tests.bundles import bundle_of_demo, demo_log, resealed
from tests.command import command
from tests.limits import memory

MANIFEST, TEMPLATES = "bundle.json", "templates.json"
MODEL, VALUES, ARRAYS = "judge/model.json", "judge/values.json", "judge/arrays.npz"
JSON = (MANIFEST, TEMPLATES, MODEL, VALUES)
SECONDS = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def sound(folder) -> Path:
    return bundle_of_demo(folder, "model=markov")


@pytest.fixture(scope="module")
def lines(folder, sound) -> list[str]:
    return demo_log(folder).read_text().splitlines()[-100:]


@pytest.fixture(scope="module")
def judged(sound, lines) -> Callable[[Path], object]:
    """Judges lines of the demo, or others, with a bundle."""
    settings = load_bundle(sound).settings
    return lambda bundle, log=lines: Scorer(read_bundle(bundle), settings).score(log)


@pytest.fixture
def bundle(sound, tmp_path) -> Path:
    """A copy to change."""
    return shutil.copytree(sound, tmp_path / "bundle")


def refused(bundle: Path) -> str:
    """The message by which a bundle is refused, which has four parts and comes soon."""
    begun = time.monotonic()
    with pytest.raises(ConfigError) as error:
        read_bundle(bundle)
    assert time.monotonic() - begun < SECONDS
    in_four_parts(str(error.value))
    return str(error.value)


def in_four_parts(message: str) -> None:
    parts = ("\n  value: ", "\n  allowed: ", "\n  to do: ")
    assert all(part in message for part in parts), message


def changed(bundle: Path, file: str, change: Callable[[Any], Any]) -> Path:
    """The bundle with other values in a file of JSON, and digests that fit."""
    values = json.loads((bundle / file).read_text())
    (bundle / file).write_text(json.dumps(change(values)))
    return resealed(bundle)


def put(*path: str, value: Any = None, gone: bool = False) -> Callable[[Any], Any]:
    """A change of one value; or what takes it away."""

    def change(values: Any) -> Any:
        inside = values
        for key in path[:-1]:
            inside = inside[key]
        if gone:
            del inside[path[-1]]
        else:
            inside[path[-1]] = value
        return values

    return change


def paths(values: Any, *above: str) -> Iterator[tuple[str, ...]]:
    """The keys that lead to each value in an object of JSON."""
    for key, value in values.items() if isinstance(values, dict) else ():
        yield (*above, key)
        yield from paths(value, *above, key)


def test_a_bit_that_flips_anywhere_is_found(sound, bundle):
    chance = random.Random(0)
    files = [path for path in sorted(bundle.rglob("*")) if path.is_file()]
    for file in files * 8:
        content = bytearray(file.read_bytes())
        place, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
        content[place] ^= bit
        file.write_bytes(content)
        try:
            found = read_bundle(bundle)
        except ConfigError as error:
            in_four_parts(str(error))
        else:
            # White space between keys says nothing.
            assert file.name == MANIFEST
            assert found.manifest == read_bundle(sound).manifest
        content[place] ^= bit
        file.write_bytes(content)
    read_bundle(bundle)


def test_whatever_flips_under_digests_that_fit_ends_in_words_or_figures(sound, bundle, judged):
    chance, ended = random.Random(1), {"words": 0, "figures": 0}
    for file in (TEMPLATES, MODEL, VALUES, ARRAYS) * 10:
        content = bytearray((sound / file).read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (bundle / file).write_bytes(content)
        try:
            judged(resealed(bundle))
            ended["figures"] += 1
        except ConfigError as error:
            in_four_parts(str(error))
            ended["words"] += 1
        (bundle / file).write_bytes((sound / file).read_bytes())
    assert min(ended.values()) > 0


@pytest.mark.parametrize("file", [MANIFEST, MODEL])
def test_every_key_is_needed_and_has_its_type(file, sound, bundle):
    values = json.loads((sound / file).read_text())
    keys = [path for path in paths(values) if path[0] not in ("files", "seal")]
    assert len(keys) > 4
    for path in keys:
        for change in (put(*path, gone=True), put(*path, value={"a": [1]})):
            message = refused(changed(bundle, file, change))
            assert path[-1] in message or path[-2] in message, message
            shutil.copy(sound / file, bundle / file)
    assert "there is no such key" in refused(changed(bundle, file, put("other", value=1)))


TEXTS = {
    "nothing": b"",
    "no JSON": b"{'a': 1}",
    "a list": b"[1]",
    "cut off": b'{"a": 1',
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a number beyond floats": b'{"a": 1e999}',
    "a number of very many digits": b'{"a": ' + b"1" * 100_000 + b"}",
    "a key twice": b'{"format": 1, "format": 1}',
    "a deep nest": b'{"a": ' + b"[" * 100_000,
    "a nest that closes": b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}",
    "no UTF-8": b'{"a": "\xff"}',
    "half a character": b'{"a": "\\ud800"}',
    "a pickle": pickle.dumps({"format": 1}),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_json_of_more_than_one_meaning_or_none_is_refused(kind, bundle):
    for file in JSON:
        before = (bundle / file).read_bytes()
        (bundle / file).write_bytes(TEXTS[kind])
        if file != MANIFEST:
            resealed(bundle)
        message = refused(bundle)
        assert file.rpartition("/")[2] in message or "model" in message
        (bundle / file).write_bytes(before)


def test_a_file_that_would_fill_memory_is_not_read(bundle):
    for file in (MANIFEST, TEMPLATES, ARRAYS):
        before = (bundle / file).read_bytes()
        with (bundle / file).open("wb") as stream:
            stream.truncate(3 << 30)
        with memory(1 << 30):
            assert "is the most" in refused(bundle)
        (bundle / file).write_bytes(before)


def link(path: Path) -> None:
    there = path.rename(path.parent.parent.with_name(f"elsewhere-{path.name}"))
    path.symlink_to(there)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("replace", [link, pipe, Path.unlink])
@pytest.mark.parametrize("file", [MANIFEST, TEMPLATES, MODEL, VALUES, ARRAYS])
def test_a_link_a_pipe_or_nothing_in_the_place_of_a_file_is_refused(replace, file, bundle):
    replace(bundle / file)
    if file != MANIFEST:
        resealed(bundle)
    refused(bundle)


def test_what_stands_beside_the_files_of_a_bundle_is_refused(bundle, tmp_path):
    os.mkfifo(bundle / "judge" / "estimators.skops")
    assert "it is no file" in refused(bundle)
    (bundle / "judge" / "estimators.skops").unlink()
    (bundle / "judge" / "estimators.skops").symlink_to("/etc/passwd")
    assert "it is no file" in refused(bundle)
    (bundle / "judge" / "estimators.skops").unlink()
    (bundle / "more").mkdir()
    assert "it is no file" in refused(bundle)
    (bundle / "more").rmdir()
    (bundle / "run.sh").write_text("")
    assert "is no part of it" in refused(bundle)
    assert "is no part of a bundle" in refused(resealed(bundle))
    (bundle / "run.sh").unlink()
    shutil.move(bundle / "judge", tmp_path / "judge")
    (bundle / "judge").symlink_to(tmp_path / "judge")
    assert "it is no file" in refused(bundle)


@pytest.mark.parametrize("name", ["../templates.json", "/etc/passwd", "judge/../x", "", "judge"])
def test_names_that_lead_elsewhere_are_no_parts(name, bundle):
    kept = {"bytes": 1, "sha256": "0" * 64}
    path = bundle / MANIFEST
    values = json.loads(path.read_text())
    values["files"][name] = kept
    path.write_text(json.dumps(values))
    refused(bundle)


DEEP: dict[str, Any] = {"name": "markov", "order": 1, "smoothing": 1.0}
for _ in range(200):
    DEEP = {"name": "union", "members": {"a": DEEP}}

MODELS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "another detector": (put("name", value="oov"), "there is no such key"),
    "a detector of the same options": (
        lambda values: {"name": "ngram", "n": 2, "decision": values["decision"]},
        "NgramDetector: ",
    ),
    "no detector": (put("name", value="subprocess"), "there is no such option"),
    "a module elsewhere": (put("name", value="../../evil"), "there is no such option"),
    "a module below": (put("name", value="markov.evil"), "there is no such option"),
    "a name that is none": (put("name", value="\0"), "there is no such option"),
    "a nest of detectors": (lambda values: DEEP, "nests deeper than"),
    "an order beyond memory": (put("order", value=2**62), "too many contexts"),
    "no list": (lambda values: [], "is no option"),
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_detector_that_is_not_the_one_that_learned_is_refused(kind, bundle, judged):
    change, problem = MODELS[kind]
    with pytest.raises(ConfigError, match=problem) as error:
        judged(changed(bundle, MODEL, change))
    in_four_parts(str(error.value))


TEMPLATE_STATES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a code beyond": (lambda v: v | {"codes": [10**9, *v["codes"][1:]]}, "codes are beyond"),
    "a code below": (lambda v: v | {"codes": [-1, *v["codes"][1:]]}, "codes are beyond"),
    "a code that is none": (lambda v: v | {"codes": [0.0, *v["codes"][1:]]}, "no whole numbers"),
    "a truth value": (lambda v: v | {"codes": [True, *v["codes"][1:]]}, "no whole numbers"),
    "too few codes": (lambda v: v | {"codes": v["codes"][1:]}, "no whole numbers"),
    "texts that are none": (lambda v: v | {"mined": [1, *v["mined"][1:]]}, "no list of texts"),
    "one text": (lambda v: v | {"mined": "INFO"}, "no list of texts"),
    "a message twice": (lambda v: v | {"messages": v["messages"][:1] * len(v["codes"])}, "twice"),
    "another key": (lambda v: v | {"more": 1}, "its keys are not"),
    "a key less": (put("codes", gone=True), "its keys are not"),
    "no config": (put("config", value=None), "is no option"),
    "another miner": (put("config", "name", value="os"), "there is no such option"),
    "no pattern": (
        put("config", "extra_masks", value=[{"name": "a", "pattern": "(", "token": "x"}]),
        "it is no pattern",
    ),
    "a pattern beyond memory": (
        put("config", "extra_masks", value=[{"name": "a", "pattern": "((a{999}){999}){9}", "token": ""}]),
        "it is no pattern",
    ),
    "a file to read": (put("config", "pinned", value="/etc/passwd"), "pinned names a file"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEMPLATE_STATES)
def test_templates_that_nobody_mined_are_refused(kind, bundle):
    change, problem = TEMPLATE_STATES[kind]
    assert problem in refused(changed(bundle, TEMPLATES, change))


def test_a_pattern_takes_time_by_the_length_of_a_line_only(bundle, judged):
    masks = [{"name": "a", "pattern": r"(a+)+$|(a|aa)+b|(.*a){20}c", "token": "x"}]
    changed(bundle, TEMPLATES, put("config", "extra_masks", value=masks))
    begun = time.monotonic()
    judged(bundle, [f"081109 203518 1 INFO dfs.DataNode: {'a' * 20_000}! blk_1"])
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize(
    "sequence",
    [
        {"name": "fixed", "window_size": 2**62, "step": None},
        {"name": "fixed", "window_size": 2**62, "step": 1},
        {"name": "entity", "window_size": 2**62, "step": 1},
        {"name": "time", "window_ms": 1, "step_ms": 1},
        {"name": "stream", "chunk_size": 2**62},
        {"name": "os"},
    ],
    ids=str,
)
def test_sequences_of_any_size_cost_what_the_log_costs(sequence, bundle, judged):
    begun = time.monotonic()

    def change(values: Any) -> Any:
        shared = {key: values["sequence"][key] for key in ("label_from", "continuous_context")}
        return values | {"sequence": shared | sequence}

    with memory(4 << 30):
        try:
            judged(changed(bundle, MANIFEST, change))
        except ConfigError as error:
            in_four_parts(str(error))
        except NotApplicable:
            pass
    assert time.monotonic() - begun < SECONDS


def test_a_version_that_is_none_stands_in_no_command(bundle):
    change = put("scikit_learn", value="1.0; rm -rf ~")
    assert "rm -rf" not in refused(changed(bundle, MANIFEST, lambda v: change(v) | {"format": 2}))


ATTACKS: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda bundle: (bundle / MANIFEST).unlink(),
    "an open end": lambda bundle: (bundle / MANIFEST).write_text("[" * 10_000),
    "a pipe": lambda bundle: pipe(bundle / VALUES),
    "a pickle": lambda bundle: (
        (bundle / ARRAYS).write_bytes(pickle.dumps([1])),
        resealed(bundle),
    ),
    "another detector": lambda bundle: changed(bundle, MODEL, put("name", value="oov")),
    "figures of nothing": lambda bundle: changed(
        bundle, VALUES, put("decisions.threshold", value="high")
    ),
}


@pytest.mark.parametrize("kind", ATTACKS)
def test_the_command_ends_with_2_and_four_parts(kind, bundle, folder, tmp_path):
    ATTACKS[kind](bundle)
    told = command("score", str(bundle), str(demo_log(folder)), "tracking=none", cwd=tmp_path)
    assert told.returncode == 2
    assert told.stderr.startswith("error: ")
    assert "Traceback" not in told.stderr
    in_four_parts(told.stderr)
    assert not list(tmp_path.glob("outputs/*/*/metrics.json"))
