"""The tables that the docs make of the code: whole, true, and with something to say in every cell."""

from __future__ import annotations

from dataclasses import replace

import docs_tables
import numpy as np
import pytest
from docs_detectors import detector_facts, sentences
from mkdocs.exceptions import PluginError

from anomalog_exp.config import load_run_config
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import NotApplicable
from anomalog_exp.options.listing import option_names
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from tests.backends import unless_missing
from tests.docs.shown import PAGES
from tests.grouping import grouped
from tests.logs import log_dataset

FACTS = {one.name: one for one in detector_facts()}
GROUPS = (
    "dataset",
    "dataset/source",
    "dataset/structured_parser",
    "sequence",
    "split",
    "template",
    "model",
    "model/decision",
    "tracking",
    "paths",
)


def cells(table: str) -> list[list[str]]:
    """The rows of a Markdown table, without its head."""
    rows = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row[1:-1].split(" | ")] for row in rows[2:]]


@pytest.mark.parametrize("name", FACTS)
def test_a_detector_says_what_it_asks_and_what_its_score_is(name):
    facts = FACTS[name]
    assert facts.title.endswith(".")
    assert facts.score, "its docstring has no sentence that begins with 'Score: '"
    assert ("Source: " not in facts.text) or facts.papers


@pytest.mark.parametrize(
    ("name", "learns_from", "papers", "extra"),
    [
        ("pca", "all", ("Xu et al. 2009",), ""),
        ("linear_svm", "both", ("Cortes and Vapnik 1995", "Fan et al. 2008", "Liang et al. 2007"), ""),
        ("half_space_trees", "all", ("Tan et al. 2011",), "river"),
        ("new_event", "normal", ("Landauer et al. 2024",), ""),
        ("nearest_tokens", "either", ("Yu et al. 2024",), ""),
        ("template_frequency", "normal", (), ""),
    ],
)  # fmt: skip
def test_what_a_row_says_is_what_stands_in_the_file(name, learns_from, papers, extra):
    facts = FACTS[name]
    assert (facts.learns_from, facts.papers, facts.extra) == (learns_from, papers, extra)


def labelled_sessions() -> LogDataset:
    """Forty sessions, every seventh labelled anomalous: other events, other values, and more slowly."""
    texts = ["abxaaaaaa", "dcbadcba", "aaaaaaa", "xyz"], ["abcd", "abdc", "abccd", "abd"]
    strange = {i: i % 7 == 3 for i in range(40)}
    rows = [
        (f"s{i}", letter, 100_000 * i + (7000 if strange[i] else 1000) * place, -1)
        for i in range(40)
        for place, letter in enumerate(texts[not strange[i]][i // 7 % 4])
    ]
    values = [["7" if strange[int(name[1:])] else "1"] for name, *_ in rows]
    labels = {f"s{i}": int(label) for i, label in strange.items()}
    return log_dataset(rows, entity_labels=labels, values=values)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=unless_missing("model", name)) for name in FACTS]
)
def test_a_detector_learns_from_what_its_row_says(name):
    both = grouped(labelled_sessions(), train=0.7, test=0.3)
    train, test = both.part(Split.TRAIN), both.part(Split.TEST).unlabelled()
    model = load_run_config([f"model={name}"]).model

    def scores(train: SequenceSet) -> bytes | None:
        detector = model.build_detector()
        try:
            detector.fit(train)
        except NotApplicable:
            return None
        return detector.score(test).tobytes()

    as_labelled = scores(train)
    nothing_anomalous = scores(replace(train, label=np.zeros_like(train.label)))
    learns = "normal" if scores(train.normal()) == as_labelled else "either"
    learns = "all" if nothing_anomalous == as_labelled else learns
    assert FACTS[name].learns_from == ("both" if nothing_anomalous is None else learns)


@pytest.mark.parametrize("group", GROUPS)
def test_every_key_of_every_option_has_a_meaning(group):
    table = docs_tables.TABLES["every-key"](group)
    for name in option_names(group):
        assert f"#### `{group}={name}`" in table
    for key, _, values, meaning in cells(table):
        inside = key.startswith(("`source.", "`structured_parser.")) and group == "dataset"
        assert meaning or inside, f"{group}: {key} has neither a comment nor a description"
        assert values or inside, f"{group}: {key}"


def test_every_key_of_the_run_has_a_meaning():
    rows = cells(docs_tables.TABLES["root-keys"]())
    assert ["`seed`", "`0`"] in [row[:2] for row in rows]
    assert all(all(row) for row in rows)


@pytest.mark.parametrize("group", [*GROUPS[:-1]])
def test_a_list_of_options_has_all_of_them_with_a_sentence(group):
    rows = dict(row for row in cells(docs_tables.TABLES["options"](group)))
    assert set(rows) == {f"`{name}`" for name in option_names(group)}
    assert all(rows.values())


def test_a_shared_key_is_shown_with_the_default_that_the_option_gives_it():
    table = docs_tables.TABLES["every-key"]("template")
    (row,) = [row for row in cells(table.split("template=event_ids")[1]) if row[0] == "`fit_on`"][
        :1
    ]
    assert row[1:3] == ["`all`", "`all`, `train`"]
    assert "one template `<unknown>`" in row[3]


def test_the_pages_hold_no_marker_of_a_table_that_there_is_not():
    for page in PAGES:
        filled = docs_tables.with_tables(page.read_text(encoding="utf-8"))
        assert "<!-- table" not in filled
    with pytest.raises(PluginError, match="there is no table 'detector'; there are detectors,"):
        docs_tables.with_tables("<!-- table: detector -->\n<!-- end of table -->")
    with pytest.raises(PluginError, match="lacks its line"):
        docs_tables.with_tables("<!-- table: detectors -->\n")


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("more than `a_b` | less", r"more than `a_b` \| less"),
        ("the threshold for model/decision=own.", "the threshold for `model/decision=own`."),
        ("one template <unknown>, or null", "one template `<unknown>`, or `null`"),
        ("BLOCK* of [0, 1] < 2", r"BLOCK\* of \[0, 1\] &lt; 2"),
        ("below paths.data_dir", "below `paths.data_dir`"),
    ],
)
def test_what_is_code_in_a_comment_is_code_on_the_page(text, markdown):
    assert docs_tables.prose(text) == markdown


def test_a_text_is_cut_into_its_sentences():
    text = "Score: a share. Proc. ACM Softw. Eng. 1, 2024. Of an\ninterval. A second.\n\nNew one"
    assert sentences(text) == [
        "Score: a share.",
        "Proc. ACM Softw. Eng. 1, 2024.",
        "Of an interval.",
        "A second.",
        "New one",
    ]
