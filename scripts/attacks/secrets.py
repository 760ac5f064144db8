"""Secrets.

A token stands where tokens stand: before the host and in the query of an address, in the environment.
Runs succeed and fail, alone and in a sweep, mirrored to MLflow. Survived: no file below the folder and
no output holds the token, plain, quoted or in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from reliability_process import Ended, Job
from reliability_row import Arena, Verdict, attack
from reliability_state import fresh

from tests.archives import PACKERS
from tests.web import serving

_WINDOWS = ["sequence=fixed", "sequence.window_size=10"]


def _token(arena: Arena, number: int) -> str:
    return f"S3cr3t+/{arena.chance('token', number).getrandbits(64):x}="


def _forms(token: str) -> list[bytes]:
    """How a token may be written; of base64 the part that does not depend on what stands around it."""
    within = [base64.b64encode(b"x" * begin + token.encode())[4:20] for begin in range(3)]
    return [token.encode(), quote(token, safe="").encode(), quote(token).encode(), *within]


def _found(folder: Path, token: str, ended: Ended) -> str | None:
    forms = _forms(token)
    texts = {"its output": (ended.out + ended.err).encode()}
    for path in folder.rglob("*"):
        if path.is_file():
            texts[path.name] = path.read_bytes()
        texts[f"the name {path.name}"] = path.name.encode()
    return next((name for name, text in texts.items() if any(form in text for form in forms)), None)


@attack("a token in an address or in the environment")
def tokens(arena: Arena) -> Iterator[Verdict]:
    log = b"".join(b"event %d of 9\n" % (n % 9) for n in range(500))
    archive = PACKERS["stored.zip"]({"app.log": log})
    places = {
        "before the host": "{scheme}://user:{quoted}@{host}/logs.zip",
        "as the user": "{scheme}://{quoted}@{host}/logs.zip",
        "in the query": "{scheme}://{host}/logs.zip?token={quoted}",
        "as a signature": "{scheme}://{host}/logs.zip?a=1&X-Amz-Signature={quoted}&b=2",
        "in the fragment": "{scheme}://{host}/logs.zip#access_token={quoted}",
        "in a broken address": "{scheme}://user:{token}@{host}/logs.zip",
        "in the environment": "{scheme}://{host}/logs.zip",
    }
    ways = ["alone", "in a sweep", "refused", "not there", "typed twice", "a wrong key"]
    cases = [(place, way, number) for place in places for number, way in enumerate(ways)]

    def judge(case: tuple[str, str, int]) -> Verdict:
        place, way, number = case
        token = _token(arena, number)
        folder = fresh(arena)
        with serving(lambda handler: handler.send(archive)) as server:
            if way == "refused":
                server.behaviour = lambda handler: handler.send(b"no", status=403)
            host = f"127.0.0.1:{1 if way == 'not there' else server.server_port}"
            url = places[place].format(
                scheme="http", host=host, token=token, quoted=quote(token, safe="")
            )
            options = ["dataset=custom", "dataset/source=remote_zip", *_WINDOWS]
            address = f"dataset.source.url='{url}'"
            arguments = [*options, address]
            if way == "in a sweep":
                arguments += ["model=oov,template_frequency", "-m", "hydra.launcher.n_jobs=1"]
            elif way == "typed twice":
                arguments.append(address)
            elif way == "a wrong key":
                arguments.append("dataset.source.urll=1")
            environment = {"HTTP_TOKEN": token, "MY_PASSWORD": token}
            ended = arena.run(Job(folder, arguments, environment=environment), tracker=True)
            ended += arena.run(Job(folder, arguments, environment=environment), tracker=True)
        for one in ended:
            if one.fault:
                return Verdict(f"{place}, {way}: {one.fault}")
            if where := _found(folder, token, one):
                return Verdict(f"{place}, {way}: the token is in {where}")
        if way in ("alone", "in a sweep") and "broken" not in place and ended[0].code != 0:
            return Verdict(f"{place}, {way}: it ends with {ended[0].code}")
        return Verdict()

    return arena.spread(arena.some(cases, 4), judge)
