"""LogBERT learns what belongs in a hidden place; its masks, pieces and decisions are those of the paper."""

from __future__ import annotations

import numpy as np
import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import Split
from tests.backends import unless_missing
from tests.detectors import fitted, model_config
from tests.sequencing import sequence_set

pytestmark = unless_missing("model", "logbert")

TINY = ("layers=1", "width=16", "learning_rate=0.01", "epochs=60", "top_g=1", "longest=8")
NORMAL = ["aaaabbbb", "ccccdddd", "aaabbb", "cccddd"]


def test_what_training_showed_is_expected_and_a_broken_order_is_not():
    detector, test = fitted(
        "logbert", NORMAL, ["aaaabbbb", "aaaabdbb", "bbbbaaaa", "aaaxbbbb", ""], *TINY
    )
    scores = detector.score(test)
    assert (scores > detector.own_threshold).tolist() == [False, True, True, True, False]
    assert scores[3] >= 4  # what is unknown comes after all that is known
    events = np.split(detector.score_events(test), test.offsets[1:-1])
    assert events[1].argmax() == 5
    _, ((worst, rank), *_), *_ = detector.explain(test, 1)
    assert worst.startswith("d where one of these was expected: b (")
    assert rank == int(scores[1])


def test_ranks_are_those_of_each_event_asked_for_on_its_own():
    import torch

    texts = ["abcdabcd", "a", "ddd", "abxxcdabdca", "abcdabcdabcdabcdabcd"]
    detector, test = fitted("logbert", NORMAL, texts, *TINY, "epochs=2", "longest=100")
    network = detector.network(torch.device("cpu"))
    nothing, mask = 6, 5
    wanted = []
    for text in texts:
        symbols = ["abcd".index(letter) if letter in "abcd" else nothing for letter in text]
        for place, symbol in enumerate(symbols):
            shown = [mask if there % 4 == place % 4 else one for there, one in enumerate(symbols)]
            row = torch.tensor([shown])
            inside = torch.ones_like(row, dtype=torch.bool)
            with torch.no_grad():
                outputs = detector._outputs(network, row, inside, ~inside)
                odds = network["out"](outputs[0, 1 + place])
            wanted.append(4 if symbol == nothing else int((odds > odds[symbol]).sum()))
    assert detector.score_events(test).tolist() == wanted


def test_places_behind_the_end_change_nothing():
    import torch

    detector, _ = fitted("logbert", NORMAL, [""], *TINY, "epochs=1")
    network = detector.network(torch.device("cpu"))
    row = torch.tensor([[0, 1, 2]])
    longer = torch.tensor([[0, 1, 2, 6, 6, 6]])
    inside = longer < 6
    none = torch.zeros_like(inside)
    alone = detector._outputs(network, row, inside[:, :3], none[:, :3])
    assert torch.allclose(detector._outputs(network, longer, inside, none)[:, :4], alone, atol=1e-6)


def test_masks_of_training_hide_some_events_and_those_of_scoring_each_once():
    import torch

    detector = model_config("logbert", "masked=0.3", "passes=3").build_detector()
    there = torch.arange(50) < torch.tensor([[1], [2], [50]]).expand(-1, 50)
    times = sum(mask.long() for mask in detector._all_masks(there))
    assert torch.equal(times, there.long())
    torch.manual_seed(0)
    drawn = torch.stack([detector._random_mask(there) for _ in range(100)])
    assert not (drawn & ~there).any()
    assert drawn.any(dim=2).all()
    assert drawn[:, 2].float().mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("misses", [0, 1, 3])
def test_a_sequence_is_anomalous_with_more_misses_than_are_allowed_in_a_piece(misses):
    texts = ["aaaabbbb", "aaaabdbb", "aaaaxxbb", "aaaxxxxx", "aaaabbbbaaxabbbbaaaabbxb"]
    detector, test = fitted("logbert", NORMAL, texts, *TINY, f"misses={misses}")
    missed = [
        (events > detector.own_event_threshold).astype(int)
        for events in np.split(detector.score_events(test), test.offsets[1:-1])
    ]
    most = [np.array(one).reshape(-1, 8).sum(axis=1).max() for one in missed]
    anomalous = detector.score(test) > detector.own_threshold
    assert anomalous.tolist() == [count > misses for count in most]
    assert 0 < anomalous.sum() < len(texts)


def test_a_long_sequence_is_as_anomalous_as_its_worst_piece():
    strange = "aaaabbbb" * 100 + "aaxxbbbb" + "aaaabbbb" * 99
    detector, test = fitted("logbert", NORMAL, [strange, "aaaabbbb" * 200, "x" * 12], *TINY)
    scores = detector.score(test)
    alone, _ = detector.score(fitted("logbert", NORMAL, ["aaxxbbbb", "x"], *TINY)[1])
    assert scores.tolist() == [alone, 0, 4 + 6 / 9]
    assert alone >= 4 + 2 / 9


def test_auto_takes_the_fewest_candidates_that_flag_so_many_of_validation():
    both = sequence_set([*NORMAL * 3, "aaaabbbb", "aaaabdbb", "bbbbaaaa"], tested=3)
    train, valid = both.part(Split.TRAIN), both.part(Split.TEST)
    options = (*TINY, "top_g=auto", "auto_flags=0.34")
    detector = model_config("logbert", *options).build_detector()
    detector.fit(train, valid)
    highest = sorted(np.floor(detector.score(valid)))
    assert detector.own_event_threshold == highest[1]
    assert (detector.score(valid) > detector.own_threshold).sum() <= 1


def test_unknown_events_that_are_ignored_are_no_misses():
    detector, test = fitted("logbert", NORMAL, ["xxxxx"], *TINY, "unknown_events=ignored")
    assert detector.score(test).tolist() == [0]


def test_the_whole_of_sequences_is_drawn_to_one_centre():
    import torch

    def spread(weight: float) -> float:
        options = (*TINY, "epochs=20", f"hypersphere={weight}")
        detector, _ = fitted("logbert", NORMAL, [""], *options)
        network = detector.network(torch.device("cpu"))
        row = torch.tensor([[0, 1, 2, 3], [2, 3, 0, 1], [3, 0, 1, 2]])
        inside = torch.ones_like(row, dtype=torch.bool)
        with torch.no_grad():
            whole = detector._outputs(network, row, inside, ~inside)[:, 0]
            return float((whole - network["centre"].weight).square().mean())

    assert spread(1.0) < spread(0.0) / 10


def test_heads_that_do_not_share_the_width_are_refused():
    with pytest.raises(ConfigError, match="a width of 32 cannot be shared among 3 heads"):
        load_run_config(["model=logbert", "model.heads=3"])
