from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.models import model_names, resolve_model_config_type
from tests.detectors import fitted

torch = pytest.importorskip("torch")


def test_steps_are_those_of_pytorchs_class_to_the_byte():
    from anomalog_exp.detection.networks.adam import Adam

    def three() -> list[torch.Tensor]:
        torch.manual_seed(1)
        return [torch.randn(5, 3), torch.randn(7), torch.randn(2)]

    def loss_of(tensors: list[torch.Tensor]) -> torch.Tensor:
        used, other, _ = tensors
        return (used.sin() ** 2).sum() + (used.sum() * other).exp().mean()

    ours, theirs = three(), three()
    for tensor in (*ours, *theirs):
        tensor.requires_grad_()
    adam = Adam(ours, 0.02)
    reference = torch.optim.Adam(theirs, lr=0.02, fused=True)
    for _ in range(20):
        adam.step(loss_of(ours))
        reference.zero_grad()
        loss_of(theirs).backward()
        reference.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not torch.equal(ours[0], three()[0])
    assert torch.equal(ours[2], three()[2])  # the loss does not depend on it


def test_drawn_items_stand_for_all_on_average():
    from anomalog_exp.detection.networks.drawn_items import drawn_items

    torch.manual_seed(3)
    weight = torch.tensor([100.0, 40.0, *[1.0] * 8, 5.0])
    value = torch.arange(11.0)
    drawn = [drawn_items(weight, 5) for _ in range(4000)]
    for item, _ in drawn:
        assert len(item) == 5
        assert (item.diff() > 0).all()
    means = [float((share * value[item]).sum()) for item, share in drawn]
    assert np.mean(means) == pytest.approx(float((weight * value).sum()), rel=0.01)
    heaviest = [float(share[item == 0]) for item, share in drawn if (item == 0).any()]
    assert len(heaviest) > 3990
    assert np.mean(np.array(heaviest) == 100) > 0.99
    # Of equal weights, all stand for as many.
    item, share = drawn_items(torch.ones(1000), 10)
    assert share.unique().numel() == 1
    assert float(share.sum()) == pytest.approx(1000, rel=0.5)


@pytest.mark.parametrize("name", ["deeplog", "logbert", "cnn"])
def test_a_network_learns_from_no_more_items_than_allowed(name, caplog):
    def learned(*overrides: str) -> dict[str, Any]:
        train = ["abcd" * 3, "abdc" * 3, "acbd" * 3, "dcba" * 3]
        return fitted(name, train, [], "epochs=2", *overrides, labels=(0, 0, 0, 1))[0].manifest()

    whole = learned()
    items = whole["items"]
    assert whole["items_learned"] == items > 2
    assert learned(f"max_items={items}") == whole
    assert "max_items" not in caplog.text
    with caplog.at_level(logging.INFO):
        less = learned("max_items=2")
    assert (less["items"], less["items_learned"]) == (items, 2)
    said = f"{name} learns from 2 of {items} different items, drawn by the seed (model.max_items)"
    assert said in caplog.text
    assert less["learning_curve"] != whole["learning_curve"]
    assert learned("max_items=2") == less
    assert learned("max_items=2", "seed=5")["learning_curve"] != less["learning_curve"]


def networks() -> list[str]:
    """Detectors that are networks."""
    found = []
    for name in model_names():
        try:
            if issubclass(resolve_model_config_type(name), NetworkConfig):
                found.append(name)
        except (ConfigError, ModuleNotFoundError):  # needs another extra
            continue
    return found


def test_no_network_imports_the_compiler_of_pytorch():
    # It takes as long to import as the rest of PyTorch.
    code = (
        "import sys; from tests.detectors import fitted\n"
        f"for name in {networks()}:\n"
        "    detector, test = fitted(name, ['abcabc', 'abcbac'] * 8, ['abcab'], 'epochs=1', labels=[0, 1] * 8)\n"
        "    detector.score(test)\n"
        "    print(name, 'torch._dynamo' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    told = dict(line.split() for line in done.stdout.splitlines())
    assert told == dict.fromkeys(networks(), "False"), done.stderr
    assert "deeplog" in told
