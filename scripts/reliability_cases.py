"""Cases of hostile input, one after the other, in a process that may break.

Prints a line per case: its number, and what was wrong, or - where nothing was. A case can be made
again:

    python scripts/reliability_cases.py labels 0 17
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import reliability_hostile as hostile

_SECONDS_PER_CASE = 5

Surface = Callable[[random.Random, Path], str | None]
"""Makes a case and gives what is wrong; a folder that is empty may be used."""


class TooLong(BaseException):
    """A case goes on for too long; no `except` of the program may take it for its own."""


def run(surface: str, seed: int, begin: int, end: int) -> int:
    """Do cases `begin` to `end` of a surface, without the last one; the exit code."""
    signal.signal(signal.SIGALRM, _too_long)
    for number in range(begin, end):
        wrong = _outcome(surface, seed, number)
        line = "-" if wrong is None else f"{' '.join(wrong.split())[:300]} [case {number}]"
        print(number, line, flush=True)
    return 0


def _outcome(surface: str, seed: int, number: int) -> str | None:
    from anomalog_exp.errors import ConfigError, NotApplicable

    chance = random.Random(f"{seed} {surface} {number}")
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        signal.alarm(_SECONDS_PER_CASE)
        try:
            return _SURFACES[surface](chance, folder)
        except (ConfigError, NotApplicable) as error:
            return _unclear(error)
        except TooLong:
            return f"it takes more than {_SECONDS_PER_CASE} s"
        except BaseException as error:  # noqa: BLE001 - polars' panics are no Exception
            where = traceback.extract_tb(error.__traceback__)
            ours = [frame for frame in where if "anomalog_exp" in frame.filename] or where
            place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
            return f"{type(error).__name__} at {place}: {str(error).splitlines()[:1]}"
        finally:
            signal.alarm(0)


def _unclear(error: Exception) -> str | None:
    from anomalog_exp.errors import ConfigError

    parts = ("value: ", "allowed: ", "to do: ")
    if isinstance(error, ConfigError) and not all(part in str(error) for part in parts):
        return f"an error without its parts: {str(error)[:100]}"
    return None


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLong


def _lines(chance: random.Random, folder: Path) -> str | None:
    from anomalog_exp.data.reading.blocks import block_lines, read_blocks

    data = hostile.bytes_of_lines(chance)
    (folder / "x.log").write_bytes(data)
    found: list[str] = []
    for block in read_blocks([folder / "x.log"], chance.choice([1, 7, 100, 1 << 20])):
        found += block_lines(block.data)[0].to_list()
    plain = data.removeprefix(b"\xef\xbb\xbf")
    pieces = plain.split(b"\n")
    if not pieces[-1]:
        pieces.pop()
    wanted = [
        piece.decode(errors="backslashreplace").removesuffix("\r") if piece else ""
        for piece in pieces
    ]
    return None if found == wanted else "other lines than a plain reading gives"


@cache
def _config(*overrides: str) -> Any:
    from anomalog_exp.config import load_run_config

    return load_run_config([*overrides, "tracking=none"])


def _sound_lines(chance: random.Random) -> tuple[Any, tuple[str, ...]]:
    """The config of a data set that a parser reads, and sound lines of it."""
    from tests.data.parsers.lines import LINES

    name = chance.choice(sorted(LINES))
    more: list[str] = []
    if name == "custom" and chance.random() < 0.8:
        form, times = chance.choice(
            [
                ("<Time> <Level> <Content>", "epoch_s"),
                ("<Date> <Time> <Content>", "%Y-%m-%d %H:%M:%S"),
            ]
        )
        fields = "[Time]" if times == "epoch_s" else "[Date,Time]"
        key = "dataset.structured_parser"
        more = [
            f"{key}.format='{form}'",
            f"{key}.time_format='{times}'",
            f"{key}.time_fields={fields}",
        ]
        sound = ("1700000000 INFO a line", "1700000001 WARN b line")
        if times != "epoch_s":
            sound = ("2024-01-01 00:00:00 a line", "2024-01-01 00:00:01 b line")
    else:
        sound = LINES[name]
    chosen = ["dataset=custom", f"dataset/structured_parser={name}", "dataset.source.path=logs"]
    return _config(*chosen, *more), sound


def _parsers(chance: random.Random, folder: Path) -> str | None:
    import polars as pl

    from anomalog_exp.data.parsers.checked import checked

    config, sound = _sound_lines(chance)
    parser = config.dataset.structured_parser.build_parser()
    lines = [hostile.line(chance, sound) for _ in range(chance.randrange(1, 20))] + [*sound] * 20
    chance.shuffle(lines)
    frame = checked(parser.parse(pl.Series(lines, dtype=pl.String)), parser, len(lines))
    row = chance.randrange(len(lines))
    alone = (
        checked(parser.parse(pl.Series([lines[row]])), parser, 1) if lines[row] in sound else None
    )
    if alone is not None and not alone.equals(frame[row : row + 1]):
        return "a line is read differently beside others"
    return None


def _load(config: Any, folder: Path, path: Path) -> Any:
    from anomalog_exp.data.cache import load_dataset
    from anomalog_exp.progress import SILENT

    source = config.dataset.source.model_copy(update={"path": path})
    dataset = config.dataset.model_copy(update={"source": source})
    return load_dataset(
        dataset,
        config.template,
        data_dir=folder / "data",
        cache_dir=folder / "cache",
        progress=SILENT,
    )


def _builds(chance: random.Random, folder: Path) -> str | None:
    from anomalog_exp.errors import ConfigError

    config, sound = _sound_lines(chance)
    lines = [chance.choice(sound) for _ in range(60)]
    bad = hostile.line(chance, sound).encode()
    if chance.random() < 0.2:
        bad = bytes(chance.choice(bad or b"x") ^ chance.choice([0, 128]) for _ in range(30))
    place = chance.randrange(60)
    data = [one.encode() for one in lines]
    data.insert(place, bad.replace(b"\n", b" "))
    if data[0].startswith((b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04", b"BZh", b"\x1f\x8b")):
        return None  # by its first bytes this is no text
    (folder / "x.log").write_bytes(b"\n".join(data))
    try:
        built = _load(config, folder, folder / "x.log")
    except ConfigError as error:
        return f"one bad line ends the build: {str(error).splitlines()[0]}"
    return None if built.n_events in (60, 61) else f"{built.n_events} rows of 60 sound lines"


def _labels(chance: random.Random, folder: Path) -> str | None:
    from anomalog_exp.data.reading.label_reader import CSVLabelReader

    data, known = hostile.label_table(chance)
    (folder / "x.csv").write_bytes(data)
    reader = CSVLabelReader(Path("x.csv"), "entity", "label", chance.choice([None, 0, 1]))
    rows = reader.read(folder)
    if not set(rows["label"].to_list()) <= {0, 1}:
        return "a label that is none"
    if known is None:
        return None
    meaning = {"normal": 0, "anomaly": 1, "0": 0, "1": 1}
    found = dict(zip(rows["entity"], rows["label"], strict=True))
    wanted = {name: meaning[label] for name, label in known.items()}
    return None if found == wanted else "other labels than the file holds"


def _sessions(chance: random.Random, folder: Path) -> str | None:
    overrides = ["dataset=openstack_sessions", "dataset/source=local_dir", "split=predefined"]
    config = _config(*overrides, "template=event_ids", "dataset.source.path=logs")
    numbers = []
    for name in ("train", "test_normal", "test_abnormal"):
        data, number = hostile.session_file(chance)
        (folder / f"openstack_{name}").write_bytes(data)
        numbers.append(number)
    built = _load(config, folder, folder)
    if None in numbers:
        return None
    wanted = sum(number or 0 for number in numbers)
    return None if built.n_entities == wanted else f"{built.n_entities} sessions of {wanted}"


def _masks(chance: random.Random, folder: Path) -> str | None:
    import polars as pl

    from anomalog_exp.data.templates.masking import Masker

    masker = Masker("general")
    messages = [hostile.text(chance) for _ in range(4)]
    if chance.random() < 0.3:
        messages.append((hostile.text(chance, 2) * chance.choice([10, 1000]))[: 10 * hostile.LONG])
    if chance.random() < 0.2:
        word = chance.choice(
            ["a", "/", "0a", "a-", "-0", "<*>", "f" * 8 + "-", "a/", "0.", "0,", "/0"]
        )
        messages.append(word * (hostile.LONG // len(word)))
    together = masker.finish(masker.fast(pl.Series(messages, dtype=pl.String)).to_list())
    one = chance.randrange(len(messages))
    (alone,) = masker.finish(masker.fast(pl.Series([messages[one]])).to_list())
    return None if alone == together[one] else "a message is masked differently beside others"


def _plain_config() -> dict[str, Any]:
    return dict(_config("dataset.source.lines=1000").model_dump(mode="json"))


def _options(chance: random.Random, folder: Path) -> str | None:
    import copy

    from anomalog_exp.config.run_config import RunConfig

    values = copy.deepcopy(_plain_config())
    for _ in range(chance.randrange(1, 3)):
        place, keys = values, list(values)
        while True:
            key = chance.choice(keys)
            inner = place[key]
            if not isinstance(inner, dict) or not inner or chance.random() < 0.2:
                break
            place, keys = inner, list(inner)
        if chance.random() < 0.1:
            del place[key]
        elif chance.random() < 0.1:
            place[hostile.text(chance, 2)] = hostile.value(chance)
        else:
            place[key] = hostile.value(chance)
        if not values:
            break
    config = RunConfig.of(values)
    RunConfig.of(config.model_dump(mode="json"))
    config.identity()
    return None


def _overrides(chance: random.Random, folder: Path) -> str | None:
    from anomalog_exp.config import load_run_config

    keys = ["model", "dataset", "seed", "template", "dataset/source", "sequence", "split", "name"]
    keys += ["dataset.source.lines", "paths.output_dir", "model.decision", "plugins", "experiment"]
    key = hostile.text(chance, 2) if chance.random() < 0.2 else chance.choice(keys)
    prefix = chance.choice(["", "", "", "", "+", "++", "~"])
    shown = chance.choice([str, repr])(hostile.value(chance, 1))
    load_run_config([f"{prefix}{key}={shown}"])
    return None


_CONTENT = {"app.log": b"line 1\nline 2\n" * 40, "labels/app.csv": b"x,y\n", "empty.txt": b""}


def _archives(chance: random.Random, folder: Path) -> str | None:
    from anomalog_exp.data.sources.archive import unpack
    from anomalog_exp.progress import SILENT
    from tests.archives import PACKERS, damaged

    file, target = folder / "x.archive", folder / "deep" / "unpacked"
    target.mkdir(parents=True)
    kind = chance.choice([*PACKERS, "by hand", "by hand"])
    if kind == "by hand":
        data = hostile.archive(chance)
    else:
        whole = PACKERS[kind](_CONTENT)
        data = next(iter(damaged(whole, str(chance.random()), 20)), whole)
    file.write_bytes(data)
    try:
        unpack(file, target, key="dataset.source.zip_path", max_bytes=1e6, progress=SILENT)
    finally:
        outside = [path for path in folder.rglob("*") if not path.is_relative_to(target)]
        if sorted(outside) != sorted([file, folder / "deep"]):
            raise AssertionError("something is written outside the folder")
    found = [path for path in target.rglob("*") if not path.is_dir() or path.is_symlink()]
    if any(path.is_symlink() or not path.is_file() for path in found):
        return "something else than plain files is unpacked"
    content = {str(path.relative_to(target)): path.read_bytes() for path in found}
    if kind != "by hand" and not kind.endswith(".tar") and content != _CONTENT:
        return f"other content comes out of a damaged {kind}"
    return None


def _answers(chance: random.Random, folder: Path) -> str | None:
    from anomalog_exp.data.sources import download
    from anomalog_exp.data.sources.remote_zip import RemoteZipSource
    from anomalog_exp.errors import DataError
    from anomalog_exp.progress import SILENT
    from tests.archives import PACKERS
    from tests.web import Handler, serving

    download._PAUSE_S = 0.0
    whole = PACKERS[chance.choice(["stored.zip", "deflated.zip", "a.tar.gz"])](_CONTENT)

    def behaviour(handler: Handler) -> None:
        answer = hostile.answer_of_a_server(chance, whole)
        headers = {name.replace("-", "_"): text for name, text in answer["headers"].items()}
        headers = {name: text.encode().decode("latin-1") for name, text in headers.items()}
        handler.send(answer["body"], status=answer["status"], length=answer["length"], **headers)
        handler.close_connection = True

    with serving(behaviour) as server:
        source = RemoteZipSource(
            url=server.url("x.zip"),
            size_bytes=chance.choice([None, None, len(whole)]),
            raw_logs_relpath=None,
            md5_checksum=None,
            max_unpacked_gb=0.001,
            data_root=folder / "data",
        )
        try:
            root = source.materialise(SILENT).root
        except DataError:
            root = None
        if root is None:
            # Whatever came before, a server that does it right must be enough.
            server.behaviour = lambda handler: handler.send(whole, ETag='"2"')
            root = source.materialise(SILENT).root
    found = {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    return None if found == _CONTENT else "another archive than the server has"


_SURFACES: dict[str, Surface] = {
    "lines": _lines,
    "parsers": _parsers,
    "builds": _builds,
    "labels": _labels,
    "sessions": _sessions,
    "masks": _masks,
    "options": _options,
    "overrides": _overrides,
    "archives": _archives,
    "answers": _answers,
}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    chosen, seed_text, number_text = sys.argv[1:]
    sys.exit(run(chosen, int(seed_text), int(number_text), int(number_text) + 1))
