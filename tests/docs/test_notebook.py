"""The notebook in docs/, executed by a real kernel, as a reader does."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.command import charts_at_hand, environment
from tests.docs.shown import ROOT


@pytest.fixture
def quiet_kernel(tmp_path, monkeypatch) -> None:
    """A kernel of this interpreter, which finds the package, whichever folder it runs in."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "jupyter"))


def outputs(cell) -> str:
    texts = [one.get("text", "") or one["data"].get("text/plain", "") for one in cell.outputs]
    return "\n".join(texts)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.usefixtures("quiet_kernel")
def test_the_notebook_runs_and_shows_what_it_says(tmp_path):
    notebook = nbformat.read(Path(ROOT, "docs/sweep.ipynb"), as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    with charts_at_hand(tmp_path):
        client.execute()
    table, frame, cross, differing = [c for c in notebook.cells if c.cell_type == "code"]
    assert "3 of 3" in outputs(table)
    assert "9 members: 9 done. The best F1 is" in outputs(table)
    assert "isolation_forest" in outputs(frame)
    assert "predicted_new_event" in outputs(cross)
    assert "shape: (" in outputs(differing)
