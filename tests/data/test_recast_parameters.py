"""Values over templates of training are those that the miner's templates have in the messages themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.training_templates import with_templates_of_training
from tests.composed import composed
from tests.data.reading.test_parameters import CUSTOM, build, values
from tests.grouping import grouped

MIXED = """state up of disk-a at 5
state down of disk-b:7 at 6
state up of x/disk9 at 7
state halted of disk-a at now
other 1.2.3.4, 5.6.7.8 to b
other 1.2.3.4 to b7z
other none to c"""

MINERS = (
    ["drain", "template.max_words=1", "template.depth=3"],
    ["drain", "template.masking=none"],
    ["spell"],
)


def over_training(tmp_path, log: bytes, miner: list[str]):
    """The data set over templates of training, where every row trains, and one mined from all rows."""
    name, *options = miner
    whole = build(tmp_path, log, *CUSTOM, f"template={name}", *options, into="whole")
    masks = [option for option in options if "masking" in option]
    unmined = build(tmp_path, log, *CUSTOM, "template=identity", *masks, into="unmined")
    found = grouped(unmined, "line")
    found = replace(found, split=np.full(len(found), Split.TRAIN, dtype=np.uint8))
    config = composed(f"template={name}", *options, "template.fit_on=train").template
    return with_templates_of_training(found, config).dataset, whole


def spaced(found):
    return [[" ".join(value.split()) for value in one] for one in found]


@pytest.mark.parametrize("miner", MINERS)
def test_values_of_templates_of_training_worked_out_by_hand(tmp_path, miner):
    trained, whole = over_training(tmp_path, MIXED.encode(), miner)
    assert trained.templates[:-1] == whole.templates
    assert spaced(values(trained)) == spaced(values(whole))
    texts = trained.parameters.texts
    assert texts.n_unique() == len(texts)
    if miner == MINERS[0]:
        assert trained.templates[0] == "state <*> of <*> at <*>"
        assert values(trained)[:1] == [["up", "disk-a", "5"]]
        assert values(trained)[3:4] == [["halted", "disk-a", "now"]]


@pytest.mark.parametrize("system", ["OpenStack", "Linux"])
def test_values_of_templates_of_training_in_real_logs(shared_data, tmp_path, system):
    log = (shared_data / f"loghub_2k/{system}/{system}_2k.log").read_bytes()
    trained, whole = over_training(tmp_path, log, ["drain"])
    assert trained.templates[:-1] == whole.templates
    assert spaced(values(trained)) == spaced(values(whole))


def test_what_training_does_not_show_has_no_values(tmp_path):
    found = grouped(build(tmp_path, b"a 1\na 2\nb 3\nb 4", *CUSTOM, "template=identity"), "line")
    config = composed("template.fit_on=train").template
    trained = with_templates_of_training(found, config)
    assert trained.dataset.templates == ("a <*>", "<unknown>")
    assert values(trained.dataset) == [["1"], ["2"], [], []]
    assert with_templates_of_training(found, composed().template).dataset is found.dataset
