from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from anomalog_exp.data.sources.address import Address, archive_name, masked

BAD = {
    "": "only http and https",
    "ftp://h/a.zip": "only http and https",
    "file:///etc/passwd": "only http and https",
    "http:///a.zip": "no host",
    "http://:80/a.zip": "no host",
    "http://user:pw@/a.zip": "no host",
    "http://h:port/a.zip": "cannot be read",
    "http://h:99999/a.zip": "cannot be read",
    "http://[::1/a.zip": "cannot be read",
    "http://a..b/a.zip": "cannot be read",
    f"http://{'a' * 64}.org/a.zip": "cannot be read",
    "http://a%00b/a.zip": "no name and no number",
    "http://a b/a.zip": "no name and no number",
    "http://h/a\n.zip": "control character",
    "http://h/\udcff.zip": "control character",
    "http://h": "name of a file",
    "http://h/": "name of a file",
    "http://h/dir/": "name of a file",
    "http://h/dir%2F": "name of a file",
    "http://h/?a.zip": "name of a file",
    "http://h/%00.zip": "no text",
    "http://h/%1b[2J.zip": "no text",
    "http://h/..": "hidden",
    "http://h/.lock": "hidden",
    f"http://h/{'a' * 201}": "too long",
}


@pytest.mark.parametrize(("text", "message"), BAD.items())
def test_what_is_no_address_of_an_archive_is_said(text, message):
    with pytest.raises(ValueError, match=message):
        archive_name(text)


@pytest.mark.parametrize(
    ("text", "url", "name"),
    [
        ("http://h/a.zip", "http://h/a.zip", "a.zip"),
        ("https://H:8443/d/a.tar.gz?x=1#top", "https://h:8443/d/a.tar.gz?x=1", "a.tar.gz"),
        ("http://h/My%20log.zip", "http://h/My%20log.zip", "My log.zip"),
        ("http://h/My log.zip", "http://h/My%20log.zip", "My log.zip"),
        ("http://bücher.de/größe.zip", "http://xn--bcher-kva.de/gr%C3%B6%C3%9Fe.zip", "größe.zip"),
        ("http://[::1]:80/a.zip", "http://[::1]:80/a.zip", "a.zip"),
        ("http://user:pw@h/a.zip", "http://h/a.zip", "a.zip"),
        ("http://h/up/../a.zip", "http://h/up/../a.zip", "a.zip"),
    ],
)
def test_an_address_is_asked_for_in_ascii_without_its_password(text, url, name):
    assert Address.of(text).url == url
    assert archive_name(text) == name


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("http://user:pw@h/a", "user:pw"),
        ("http://us%40er:p%2Fw%3A%C3%A4@h/a", "us@er:p/w:ä"),
        ("http://token@h/a", "token:"),
        ("http://a@b:c@h/a", "a@b:c"),
    ],
)
def test_name_and_password_become_a_header(text, pair):
    header = Address.of(text).authorization
    assert header == f"Basic {base64.b64encode(pair.encode()).decode()}"
    assert header not in repr(Address.of(text))


@pytest.mark.parametrize("text", ["http://h/a", "http://@h/a", "http://:@h/a"])
def test_without_name_and_password_there_is_no_header(text):
    assert Address.of(text).authorization is None


@pytest.mark.parametrize(
    ("location", "url", "goes_along"),
    [
        ("/b.zip", "http://h/b.zip", True),
        ("c.zip?x=ä", "http://h/d/c.zip?x=%E4", True),
        ("http://h:80/b.zip", "http://h:80/b.zip", True),
        ("https://h/b.zip", "https://h/b.zip", False),
        ("http://h:81/b.zip", "http://h:81/b.zip", False),
        ("//other/b.zip", "http://other/b.zip", False),
        ("http://h.evil.org/", "http://h.evil.org/", False),
    ],
)
def test_a_password_goes_along_to_the_same_origin_only(location, url, goes_along):
    there = Address.of("http://user:pw@h/d/a.zip").moved(location)
    assert there.url == url
    assert (there.authorization is not None) == goes_along


@pytest.mark.parametrize("location", ["ftp://h/a", "file:///etc/passwd", "data:,x", "http://:1/"])
def test_a_redirect_leads_to_the_web_only(location):
    with pytest.raises(ValueError, match=r"only http and https|no host"):
        Address.of("http://h/a.zip").moved(location)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://h/a.zip?download=1&n=2#x", "http://h/a.zip?download=1&n=2#x"),
        ("http://h/@scope/a.zip", "http://h/@scope/a.zip"),
        ("http://user:S@h/a.zip", "http://***@h/a.zip"),
        ("http://S@h/a.zip", "http://***@h/a.zip"),
        ("http://us@er:S@h:1/a.zip", "http://***@h:1/a.zip"),
        ("http://h/a.zip?token=S", "http://h/a.zip?token=***"),
        ("http://h/a.zip?x=1&sig=S%3D=&y=2", "http://h/a.zip?x=1&sig=***&y=2"),
        ("http://h/a.zip?X-Amz-Signature=S", "http://h/a.zip?X-Amz-Signature=***"),
        ("http://h/a.zip?x=1;Access_Token=S", "http://h/a.zip?x=1;Access_Token=***"),
        ("http://h/a.zip?t%6fken=S", "http://h/a.zip?t%6fken=***"),
        ("http://h/a.zip#api_key=S", "http://h/a.zip#api_key=***"),
        ("http://user:a/S@h/a.zip", "http://***@h/a.zip"),
        ("http://user:1?S@h/a.zip", "http://***@h/a.zip"),
        ("ftp://user:S@h/a.zip", "ftp://***@h/a.zip"),
        ("http://user:S@h:port/?sig=S", "http://***@h:port/?sig=***"),
    ],
)
def test_secrets_are_masked_and_nothing_else(text, shown):
    assert masked(text) == shown


SECRET = "SeCrEt0123456789"
USER = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/?#"), max_size=8)
PIECE = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(USER, PIECE, PIECE, st.sampled_from(["http", "https", "ftp", "HTTP"]))
@example("", "", "", "http")
@example("@", "/?", "@", "http")
def test_a_password_is_never_shown_whatever_stands_around_it(user, after, rest, scheme):
    text = f"{scheme}://{user}:{SECRET}{after}@h/{rest}"
    assert SECRET not in masked(text)
    assert masked(masked(text)) == masked(text)


@given(PIECE, PIECE, st.sampled_from(["token", "sig", "password", "X-Amz-Credential"]))
def test_a_token_is_never_shown_whatever_stands_around_it(before, after, name):
    assert SECRET not in masked(f"http://h/{before}?{name}={SECRET}{after}")


@given(st.text(max_size=40))
def test_no_text_ends_in_another_error(text):
    for address in (text, f"http://{text}", f"http://h/{text}", f"http://h/a.zip?{text}"):
        masked(address)
        try:
            name = archive_name(address)
        except ValueError:
            continue
        assert name not in ("", ".", "..")
        assert "/" not in name
        assert Address.of(address).url.isascii()
