"""What holds of templates whatever mined them: one test body each, over all options that ship."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE, Templates
from anomalog_exp.options.listing import option_names
from tests.composed import composed
from tests.data.parsers.lines import FOREIGN, LINES

OPTIONS = {name: composed(f"template={name}").template for name in option_names("template")}
MASKED = [name for name, config in OPTIONS.items() if config.masking != "none"]

MESSAGES = [
    *(line for lines in LINES.values() for line in lines),
    *FOREIGN,
    "",
    " ",
    "<*>",
    *(f"worker {place} state is {word}" for place in range(3) for word in ("up", "down", "lost")),
    *(f"job queue owner is {name}" for name in ("ann", "bob", "cid", "dan", "eve", "fay", "gus")),
    *(f"took {10 * place} ms of user{place} at /var/run/{place}/lock" for place in range(5)),
] * 2


def random_messages(seed: int) -> list[str]:
    rng = random.Random(seed)
    words = ["open", "close", "file", "user", "node", "<*>", "x", "y", "17", "done", "failed", "ü"]
    return [" ".join(rng.choices(words, k=rng.randint(0, 6))) for _ in range(400)]


@pytest.fixture(params=OPTIONS)
def config(request) -> TemplateMinerConfig:
    return OPTIONS[request.param]


@pytest.mark.parametrize("messages", [MESSAGES, random_messages(0), [], [""]])
def test_a_message_that_was_mined_matches_the_template_that_mining_gave_it(config, messages):
    templates, codes = Templates.mine(messages, config)
    assert codes.dtype == np.int32
    assert np.array_equal(templates.match(messages), codes)
    assert np.array_equal(templates.match(messages[::-1]), codes[::-1])
    assert templates.texts == (*templates.mined, UNKNOWN_TEMPLATE)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_holds_of_random_messages_one_by_one(config, seed):
    messages = random_messages(seed)
    templates, codes = Templates.mine(messages, config)
    for message, code in zip(messages, codes.tolist(), strict=True):
        assert templates.match([message]).tolist() == [code]


def test_templates_of_raw_messages_are_those_of_their_shapes(config):
    raw, codes = Templates.mine(MESSAGES, config)
    shapes = Masker(config.masking, config.extra_masks).fast(pl.Series(MESSAGES)).to_list()
    distinct = list(dict.fromkeys(shapes))
    mined, of_shape = Templates.mine_shapes(distinct, config)
    assert raw.mined == mined.mined
    assert codes.tolist() == [of_shape[distinct.index(shape)] for shape in shapes]


def test_mining_numbers_templates_by_first_appearance(config):
    _, codes = Templates.mine(MESSAGES, config)
    assert list(dict.fromkeys(codes.tolist())) == list(range(codes.max() + 1))


@pytest.mark.parametrize("option", MASKED)
def test_a_message_that_differs_in_numbers_alone_is_the_same_template(option):
    templates, codes = Templates.mine(MESSAGES, OPTIONS[option])
    other = [message.replace("203615", "110999").replace("10 ms", "77 ms") for message in MESSAGES]
    other = [message.replace("/var/run/2/", "/var/run/4711/") for message in other]
    assert other != MESSAGES
    assert np.array_equal(templates.match(other), codes)


def test_what_fits_no_template_is_unknown(config):
    templates, _ = Templates.mine(["opened file a", "closed file b"], config)
    strangers = ["nothing of that", "", "大きさ 日本"]
    codes = templates.match(strangers)
    assert codes.tolist() == [templates.unknown] * len(strangers)
    assert templates.texts[templates.unknown] == UNKNOWN_TEMPLATE


def test_matching_learns_nothing(config):
    templates, _ = Templates.mine(MESSAGES[:20], config)
    before = templates.to_json()
    first = templates.match(MESSAGES)
    assert np.array_equal(templates.match(MESSAGES), first)
    assert templates.to_json() == before


def test_the_state_comes_back_from_json_with_the_same_codes(config):
    templates, _ = Templates.mine(MESSAGES[:25], config)
    messages = MESSAGES + random_messages(1)
    again = Templates.from_json(templates.to_json())
    assert np.array_equal(again.match(messages), templates.match(messages))
    assert again.texts == templates.texts
    assert again.config == templates.config
    assert again.to_json() == templates.to_json()


def test_a_fresh_process_gives_the_same_codes(config, tmp_path):
    messages = MESSAGES + random_messages(2)
    templates, _ = Templates.mine(messages[::3], config)
    (tmp_path / "templates.json").write_text(templates.to_json(), encoding="utf-8")
    (tmp_path / "messages.json").write_text(json.dumps(messages), encoding="utf-8")
    code = (
        "import json, pathlib, sys;"
        "from anomalog_exp.data.templates.templates import Templates;"
        "texts = [pathlib.Path(path).read_text(encoding='utf-8') for path in sys.argv[1:]];"
        "print(Templates.from_json(texts[0]).match(json.loads(texts[1])).tolist())"
    )
    files = [str(tmp_path / "templates.json"), str(tmp_path / "messages.json")]
    command = [sys.executable, "-c", code, *files]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(found.stdout) == templates.match(messages).tolist()


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(sorted(OPTIONS)),
    st.lists(st.text(st.sampled_from("ab <*>7é/"), max_size=8), max_size=10),
    st.lists(st.text(st.sampled_from("ab <*>7é/"), max_size=8), max_size=5),
)
def test_every_message_has_a_code_and_those_mined_have_their_own(option, mined, others):
    templates, codes = Templates.mine(mined, OPTIONS[option])
    assert np.array_equal(templates.match(mined), codes)
    found = templates.match(others)
    assert ((found >= 0) & (found <= templates.unknown)).all()


def test_own_masks_are_kept_with_the_templates():
    mask = {"name": "user", "pattern": "user=[a-z]+", "token": "user=<*>"}
    config = composed("template=identity").template
    config = type(config).of(config.model_dump() | {"extra_masks": [mask]})
    templates, _ = Templates.mine(["login user=ann"], config)
    again = Templates.from_json(templates.to_json())
    assert again.match(["login user=bob", "login bob"]).tolist() == [0, again.unknown]
