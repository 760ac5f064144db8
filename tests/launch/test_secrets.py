"""A secret of an address that is typed, or comes from the environment, is found in no file and no message."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.command import command, run_dirs
from tests.stores import store_at_hand
from tests.web import Handler, serving

WORD = "hunter2planted"
TOKEN = "tok3nplanted"
KEPT = "envplanted"
SECRETS = [secret.encode() for secret in (WORD, TOKEN, KEPT)]

LINES = [f"2024-05-01 10:00:{i % 60:02d} INFO worker: step {i} done" for i in range(300)]


def archive(handler: Handler) -> None:
    """Sends a zip of a small log; nothing under /gone/."""
    if "/gone/" in handler.path:
        return handler.send(b"", status=404)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        file.writestr("app.log", "\n".join(LINES))
    return handler.send(body.getvalue())


def arguments(port: int, path: str, typed: str) -> list[str]:
    """A run on the archive; its secrets are typed, or two of them stand in the environment."""
    user = {"typed": f"me:{WORD}", "environment": "me:${oc.env:MY_WORD}"}[typed]
    token = {"typed": TOKEN, "environment": "${oc.env:MY_TOKEN}"}[typed]
    url = f"http://{user}@127.0.0.1:{port}/{path}/logs.zip?sig={token}&v=1"
    return [
        "dataset=custom", "dataset/source=remote_zip", f"dataset.source.url='{url}'",
        "dataset.source.raw_logs_relpath=app.log", "sequence=fixed", "sequence.window_size=10",
    ]  # fmt: skip


def leaks(folder: Path) -> list[str]:
    """Files below a folder that hold a secret, in their content or their name."""
    found = []
    for path in folder.rglob("*"):
        text = path.read_bytes() if path.is_file() else b""
        found += [str(path) for secret in SECRETS if secret in text + str(path).encode()]
    return found


@pytest.mark.parametrize("typed", ["typed", "environment"])
@pytest.mark.parametrize("path", ["logs", "gone"])
@pytest.mark.parametrize("sweep", [[], ["seed=0,1", "-m"]], ids=["single", "sweep"])
def test_no_secret_of_an_address_is_recorded_or_shown(tmp_path, typed, path, sweep):
    # Each launcher meets both ways to give a secret, and both ends.
    launcher = "local" if (typed == "typed") == (path == "gone") else "basic"
    chosen = [*sweep, f"hydra/launcher={launcher}"] if sweep else []
    store_at_hand(tmp_path)
    with serving(archive) as server:
        done = command(
            *arguments(server.server_port, path, typed), *chosen, cwd=tmp_path,
            MY_WORD=KEPT, MY_TOKEN=KEPT,
        )  # fmt: skip
    assert done.returncode == {"logs": 0, "gone": 1 if sweep else 2}[path], done.stderr
    assert "Authorization" in server.seen[0]  # it was used
    assert not [secret for secret in SECRETS if secret.decode() in done.stdout + done.stderr]
    assert "Traceback" not in done.stderr
    assert leaks(tmp_path) == []
    if path == "logs":
        assert any((tmp_path / "outputs/mlflow/artifacts").rglob("metrics.json"))
        environment = json.loads(
            (run_dirs(tmp_path / "outputs")[0] / "environment.json").read_text()
        )
        (source,) = (one for one in environment["overrides"] if "source.url" in one)
        assert "***@127.0.0.1" in source
        assert "sig=***" in source


def test_a_member_that_cannot_be_composed_shows_no_secret(tmp_path):
    for wrong in (
        "model.smoothin=1",
        "model=nope",
        "seed=x",
        "dataset.source={url: 'http://a:{}@h/'}",
    ):
        url = f"dataset.source.url='http://me:{WORD}@127.0.0.1:9/a.zip?sig={TOKEN}'"
        chosen = [
            "dataset=custom", "dataset/source=remote_zip", url.replace("source.url", "archive")
            if "source=" in wrong else url, wrong.replace("{}", WORD),
        ]  # fmt: skip
        for more in ([], ["-m"], ["--nope"], [url]):
            done = command(*chosen, *more, cwd=tmp_path)
            assert done.returncode != 0
            assert not [
                secret for secret in SECRETS if secret.decode() in done.stdout + done.stderr
            ]
            assert "Traceback" not in done.stderr
    assert leaks(tmp_path) == []


def test_a_run_whose_source_is_hidden_in_its_record_says_so_when_it_must_be_fetched(tmp_path):
    with serving(archive) as server:
        done = command(
            *arguments(server.server_port, "logs", "typed"), "tracking=none", cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        (run_dir,) = run_dirs(tmp_path / "outputs")
        # What was fetched is still there: nothing needs the secret.
        assert command("rerun", str(run_dir), cwd=tmp_path).returncode == 0
        shutil.rmtree(tmp_path / "data")
        shutil.rmtree(tmp_path / ".cache")
        again = command("rerun", str(run_dir), cwd=tmp_path)
    assert again.returncode == 2
    assert "only a record is left, where *** hides a secret" in again.stderr
