"""The address of an archive: what it must be, what of it is a secret, and who is sent the secret.

A name and password before the host, or a token in the query, open to whoever reads them what they open
to us. They are used, and sent to the server that the address names and to no other; *** stands for them
in messages and in all that is recorded. What a parameter holds is judged by its name.
"""

from __future__ import annotations

import base64
import re
import string
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Self
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from pydantic import BeforeValidator, PlainSerializer

from anomalog_exp.errors import ConfigError
from anomalog_exp.secrets import HIDDEN, masked_parameter

__all__ = ["Address", "ArchiveAddress", "MaskedAddress", "archive_name", "masked"]

_PARAMETER: Final = re.compile(r"([^=&;?#]+)=([^&;#]+)")
_HOST: Final = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]*:[0-9a-f:.]*")
_MAX_NAME_BYTES: Final = 200


@dataclass(frozen=True)
class Address:
    """An http or https address, ready to be asked for.

    Attributes:
        url: In ASCII, without name and password.
        origin: Scheme, host and port.
        authorization: The header that holds name and password, if there are any.
    """

    url: str = field(repr=False)
    origin: tuple[str, str, int]
    authorization: str | None = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Self:
        """Read an address.

        Raises:
            ValueError: it is none; the message says why and holds nothing of it.
        """
        if not _is_text(text):
            raise ValueError("it holds a control character")
        try:
            parts = urlsplit(text)
            port, host = parts.port, parts.hostname or ""
            host = host if ":" in host else host.encode("idna").decode()
        except ValueError as error:
            raise ValueError("its host or port cannot be read") from error
        if parts.scheme not in ("http", "https"):
            raise ValueError("only http and https addresses are fetched")
        if not host:
            raise ValueError("it names no host")
        if not _HOST.fullmatch(host):
            raise ValueError("its host is no name and no number")
        place = f"[{host}]" if ":" in host else host
        place = place if port is None else f"{place}:{port}"
        path, query = (quote(part, safe=string.punctuation) for part in (parts.path, parts.query))
        standard = 80 if parts.scheme == "http" else 443
        return cls(
            urlunsplit((parts.scheme, place, path, query, "")),
            (parts.scheme, host, standard if port is None else port),
            _basic(parts.username, parts.password),
        )

    def moved(self, location: str) -> Address:
        """Where a redirect leads; name and password go with it to the same origin only.

        Raises:
            ValueError: it leads to no address that may be asked for.
        """
        relative = quote(location, safe=string.punctuation, encoding="iso-8859-1")
        there = Address.of(urljoin(self.url, relative))
        if there.authorization is None and there.origin == self.origin:
            return replace(there, authorization=self.authorization)
        return there


def archive_name(text: str) -> str:
    """The name of the file that an address ends in.

    Raises:
        ValueError: it is no address, or none that ends in the name of a file.
    """
    Address.of(text)
    path = unquote(urlsplit(text).path)
    name = PurePosixPath(path).name
    if not name or path.endswith("/"):
        raise ValueError("it does not end in the name of a file")
    if name.startswith(".") or not _is_text(name) or len(name.encode()) > _MAX_NAME_BYTES:
        raise ValueError("the name that it ends in is hidden, too long, or no text")
    return name


def masked(text: str) -> str:
    """The text of an address without its secrets; one that has none stays as it is."""
    try:
        archive_name(text)
        before_host = r"(?<=//)[^/?#]*@"
    except ValueError:  # where the host begins is not clear: a password may hold what ends a host
        before_host = r"(?s)(?<=//).*@"
    text = re.sub(before_host, f"{HIDDEN}@", text, count=1)
    place, *parameters = re.split(r"(?=[?#])", text, maxsplit=1)
    return place + "".join(_PARAMETER.sub(masked_parameter, one) for one in parameters)


def _basic(user: str | None, password: str | None) -> str | None:
    if not user and not password:
        return None
    pair = f"{unquote(user or '')}:{unquote(password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _is_text(text: str) -> bool:
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def _names_an_archive(value: Any) -> Any:
    if isinstance(value, str):
        try:
            archive_name(value)
        except ValueError as error:
            raise ConfigError.of(
                "dataset.source.url",
                masked(value),
                problem=f"this is no address of an archive: {error}",
                allowed="http:// or https://, a host, and a path that ends in the name of the archive",
                fix="mend the address; what stands in *** is not shown and may be the mistake",
            ) from error
    return value


MaskedAddress = Annotated[str, PlainSerializer(masked, return_type=str, when_used="json")]
"""An address that is recorded without its secrets."""

ArchiveAddress = Annotated[MaskedAddress, BeforeValidator(_names_an_archive)]
"""The address of an archive, recorded without its secrets."""
