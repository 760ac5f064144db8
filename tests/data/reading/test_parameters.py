"""What a data set keeps of messages where their templates have wildcards."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.reading.blocks import BLOCK_BYTES
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.reading.parameter_writer import ParameterWriter
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates import masked_values
from anomalog_exp.data.templates.masked_values import MaskedValues, TakenApart
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.data.templates.wildcards import Wildcards
from anomalog_exp.data.value_kinds import KINDS
from anomalog_exp.progress import SILENT
from tests.composed import composed
from tests.data.reading.test_build import LABELS, LOG
from tests.data.templates.test_place_values import values_in

PARAMETER_FILES = (
    "parameter.npy",
    "places.npy",
    "place_kinds.npy",
    "parameter_texts.parquet",
)
SYSTEMS = ("HDFS", "BGL", "Thunderbird", "OpenStack", "Linux", "Proxifier")


def build(
    tmp_path: Path, log: bytes, *overrides: str, block_bytes: int = BLOCK_BYTES, into: str = "built"
) -> LogDataset:
    (tmp_path / "preprocessed").mkdir(exist_ok=True)
    (tmp_path / "preprocessed/anomaly_label.csv").write_text(LABELS)
    path = tmp_path / "a.log"
    path.write_bytes(log)
    config = composed(*overrides)
    (tmp_path / into).mkdir()
    build_dataset(
        config.dataset,
        config.template,
        RawFiles(root=tmp_path, log=path),
        tmp_path / into,
        facts=lambda: {"digest": "x"},
        progress=SILENT,
        parameters=True,
        block_bytes=block_bytes,
    )
    return open_dataset(tmp_path / into, [path])


def values(dataset: LogDataset) -> list[list[str]]:
    """The values of each event."""
    assert dataset.parameters is not None
    found = dataset.parameters.of(np.arange(dataset.n_events))
    texts = dataset.parameters.texts.gather(found.code).to_list()
    return [[texts[i] for i in np.flatnonzero(found.row == row)] for row in range(dataset.n_events)]


HDFS = ("dataset=hdfs", "dataset.max_unparsed_fraction=0.2")


def test_values_worked_out_by_hand(tmp_path):
    dataset = build(tmp_path, LOG, *HDFS)
    wanted = [["blk_1", "/10.0.0.1:5"], ["blk_-2", "/10.0.0.2:6"], [], ["blk_1"]]
    assert values(dataset) == [*wanted, ["blk_3", "/10.0.0.1:5"]]
    parameters = dataset.parameters
    assert parameters.texts.to_list() == ["blk_1", "/10.0.0.1:5", "blk_-2", "/10.0.0.2:6", "blk_3"]
    assert parameters.places.tolist() == [2, 0, 1]
    assert [KINDS[kind] for kind in parameters.kind] == ["id", "ip:port", "id"]
    assert dataset.manifest["parameters"] == {"values": 7, "distinct": 5, "misfits": 0}
    # In any order, as windows ask for them.
    place = parameters.of(np.array([3, 0])).place
    assert place.tolist() == [2, 0, 1]


@pytest.mark.parametrize("block_bytes", [1, 80, 250])
def test_blocks_of_any_size_give_the_same_files(tmp_path, block_bytes):
    build(tmp_path, LOG, *HDFS)
    build(tmp_path, LOG, *HDFS, block_bytes=block_bytes, into="blocks")
    for name in (*PARAMETER_FILES, "manifest.json"):
        same = (tmp_path / "built" / name).read_bytes() == (tmp_path / "blocks" / name).read_bytes()
        assert same, name
    assert not (tmp_path / "built/messages").exists()


def test_messages_that_wait_in_files_give_the_same_values(tmp_path):
    messages = [f"job {i} took {i % 7} ms" for i in range(5000)]
    config = composed("template=identity").template
    category = pl.Categorical(pl.Categories.random())
    shapes = pl.Series(["job 0 took 0 ms"]).cast(category)
    number = shapes.to_physical().to_numpy()
    templates, codes = Templates.mine_shapes(["job 0 took 0 ms"], config)
    waits = np.arange(500) % 5 > 0
    for folder, held in (("one", 1 << 27), ("files", 300_000)):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "shape.npy", np.zeros(5000, dtype=np.int32))
        values = MaskedValues(config, category)
        with ParameterWriter(tmp_path / folder, values, held) as writer:
            for first in range(0, 5000, 500):
                some = pl.Series(messages[first : first + 500])
                apart = values.take_apart(some, np.repeat(number, 500).astype(np.int64))
                assert not apart.waits.any()
                writer.add(
                    TakenApart(
                        waits,
                        apart.numbers.reshape(-1, 2)[~waits].reshape(-1),
                        some.filter(waits),
                    )
                )
        assert len(list((tmp_path / folder).glob("messages/*"))) == (0 if folder == "one" else 4)
        assert writer.write(templates.mined, config, number, codes) == {
            "values": 10_000,
            "distinct": 5000,
            "misfits": 0,
        }
        left = {path.name for path in (tmp_path / folder).iterdir()}
        assert left == {"shape.npy", *PARAMETER_FILES}
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "files" / path.name).read_bytes(), path.name
    texts = pl.read_parquet(tmp_path / "one/parameter_texts.parquet")["text"].to_list()
    codes = np.load(tmp_path / "one/parameter.npy").reshape(-1, 2).tolist()
    found = [f"job {texts[job]} took {texts[took]} ms" for job, took in codes]
    assert found == messages


CUSTOM = ("dataset=custom", "dataset.source.path=x")


@pytest.mark.parametrize(
    ("log", "overrides", "template", "found"),
    [
        ("a 12 b\na  34\tb", (), "a <*> b", [["12"], ["34"]]),
        # A list of values is one value, and a date.
        ("to 1.2.3.4:5, 1.2.3.4:6\nto 7", (), "to <*>", [["1.2.3.4:5, 1.2.3.4:6"], ["7"]]),
        ("at Jun 14 15:16:01 é", (), "at <*> é", [["Jun 14 15:16:01"]]),
        # A token of the user's own is a place, whatever other masks make of it.
        (
            "user bob left at 5",
            ("template.extra_masks=[{name: u, pattern: 'user \\w+', token: 'user <U1>'}]",),
            "user <<*>> left at <*>",
            [["user bob", "5"]],
        ),
        (
            "user bob left at 5",
            ("template.extra_masks=[{name: u, pattern: '\\bbob\\b', token: '<U1>'}]",),
            "user <<*>> left at <*>",
            [["bob", "5"]],
        ),
        # Values of fields are none of the message's.
        (
            '{"message": "took 5 ms", "level": "error", "status": 500}',
            ("dataset/structured_parser=json", "template.with_fields=[status,level]"),
            "took <*> ms [status=500, level=error]",
            [["5"]],
        ),
    ],
)
def test_values_of_odd_messages(tmp_path, log, overrides, template, found):
    dataset = build(tmp_path, log.encode(), *CUSTOM, "template=identity", *overrides)
    assert template in [" ".join(text.split()) for text in dataset.templates]
    assert values(dataset) == found


NAMES = ("ann", "bea", "cleo", "dora", "eve", "fay", "gina", "hope", "ida", "jane", "kay", "lea")
OTHERS = [
    *(f"session of {name} opened by (uid={n})" for n, name in enumerate(NAMES)),
    *(f"session  of {name} opened by (uid={n}) " for n, name in enumerate(NAMES)),
    *(f"RAS KERNEL FATAL {name} exception....{n}" for n, name in enumerate(NAMES)),
    *(f"RAS KERNEL FATAL {name}{n}  enable....{n}" for n, name in enumerate(NAMES)),
    *(f"for user root by {n}" for n in range(3)),
    *("for user anne by 7", "for  user bert  by 8 ", "for user carl by\t9"),
    *(f"ends at Jun 14 15:16:0{n} in a row" + " " * n for n in range(3)),
    *("force alignment....0", "force exception....1", "force exception....2 now"),
    *("from 5 () on", "from 6 () on"),
    *("(root) CMD (run /etc/a b)", "(root) CMD (run /etc/c d)", "(anne) CMD (run 7 b)"),
    *("list 1 2 3", "list 1", "list a 4", "list 5,6 7"),
    *("\0 took 5", "\0  took 6", "a\0b  took c7"),
    *("é5 ü 6", "é6 ü a6b", "ends 7é"),
]
"""Words, dates, joined words and numbers, empty values and odd white space at places of templates."""

PINNED = (
    "template.pinned=[{name: ends, text: 'ends at <*> <*> 15:<*>:<*> in <**>'},"
    "{text: 'for user <*> by <*>'}]"
)


@pytest.mark.parametrize("template", ["siblings", "drain", "spell", "identity"])
@pytest.mark.parametrize("pinned", [(), (PINNED,)])
def test_messages_taken_apart_have_the_values_of_those_that_wait(
    tmp_path, monkeypatch, template, pinned
):
    log = "\n".join(OTHERS * 30).encode()
    same_files(tmp_path, monkeypatch, log, *CUSTOM, f"template={template}", *pinned)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_same_of_real_messages(tmp_path, monkeypatch, shared_data, system):
    log = (shared_data / f"loghub_2k/{system}/{system}_2k.log").read_bytes()
    same_files(tmp_path, monkeypatch, log, *CUSTOM)


def same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: bytes, *overrides: str
) -> None:
    """Build with all messages taken apart that can be, and with none."""
    for folder, fewest in (("apart", 1), ("waiting", 1 << 40)):
        monkeypatch.setattr(masked_values, "_FEWEST", fewest)
        build(tmp_path, log, *overrides, into=folder)
    for name in (*PARAMETER_FILES, "template.npy", "manifest.json"):
        same = (tmp_path / "apart" / name).read_bytes() == (
            tmp_path / "waiting" / name
        ).read_bytes()
        assert same, name


@pytest.mark.parametrize("system", SYSTEMS)
def test_values_put_back_into_the_text_give_the_message(shared_data, system):
    data = (shared_data / f"loghub_2k/{system}/{system}_2k.log").read_bytes()
    messages = pl.Series(data.decode(errors="backslashreplace").split("\n")).str.strip_chars("\r")
    messages = messages.filter(messages != "")
    for options in (
        ["siblings"],
        ["drain"],
        ["identity"],
        ["drain", "template.masking=none"],
        ["spell"],
    ):
        config = composed(f"template={options[0]}", *options[1:]).template
        templates, codes = Templates.mine(messages, config)
        wildcards = Wildcards(config)
        constants = [wildcards.constants(text) for text in templates.mined]
        assert wildcards.counts(templates.mined).tolist() == [len(one) - 1 for one in constants]
        in_order = values_in(messages, codes, constants)
        misfits = 0
        for message, code in zip(messages, codes.tolist(), strict=True):
            first, *rest = constants[code]
            here, in_order = in_order[: len(rest)], in_order[len(rest) :]
            if None in here:
                assert here == [None] * len(rest)
                misfits += 1
                continue
            whole = first + "".join(a + b for a, b in zip(here, rest, strict=True))
            if rest:
                # A text has no place for a size that is written a second time.
                both = (
                    re.sub(r"(?<=bytes) \([0-9.]+ [KM]B\)", "", one) for one in (whole, message)
                )
                assert len({"".join(one.split()) for one in both}) == 1
        assert in_order == []
        # Spell has templates that say less than their messages: a word is lost without a wildcard.
        assert misfits <= (300 if options == ["spell"] else 0)
