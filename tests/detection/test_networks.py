from __future__ import annotations

import subprocess
import sys

import pytest

from anomalog_exp.detection.networks.network_options import NetworkConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.models import model_names, resolve_model_config_type

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
