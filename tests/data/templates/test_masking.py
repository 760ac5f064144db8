from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.templates.masking import MaskConfig, Masker
from anomalog_exp.errors import ConfigError


def masked(message: str, masking: str = "general", extra: tuple[MaskConfig, ...] = ()) -> str:
    masker = Masker(masking, extra)
    (text,) = masker.finish(masker.fast(pl.Series([message])).to_list())
    return text


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("Received block blk_-1608999687919862906 of size 91178", "Received block <*> of size <*>"),
        ("src: /10.250.19.102:54106 dest: /10.250.19.102:50010", "src: <*> dest: <*>"),
        ("read 5 bytes in 0.25ms", "read <*> bytes in <*>"),
        ("error at 0x1f3a", "error at <*>"),
        ("no numbers at all", "no numbers at all"),
        ("session opened for user root by (uid=0)", "session opened for user root by (uid=<*>)"),
        ("/var/log/app.log rotated", "/var/log/app.log rotated"),
        ("/var/log/app-7.log rotated", "<*> rotated"),
        ("core.2275 generated", "core.<*> generated"),
        ("54fadb41-2c4e-40cd-baed-9335e4c35a9e gone", "<*> gone"),
        ("ports 80, 443, 8080 open", "ports <*> open"),
        ("HTTP/1.1 status: 200", "HTTP/<*> status: <*>"),
        ("well-known read/write", "well-known read/write"),
        ("delta -5 and e-5", "delta <*> and e-<*>"),
        ("Jun 14 15:16:01 combo sshd[19939]: gone", "<*> combo sshd[<*>]: gone"),
        ("[Sun Dec 04 04:47:44 2005] [notice] up", "[<*>] [notice] up"),
        ("Sun, 04 Dec 2005 04:47:44 GMT", "<*>"),
        ("10/Oct/2000:13:55:36 -0700 GET", "<*> GET"),
        ("at 3 DECEMBER 2005 and Thursday 5", "at <*> and <*>"),
        (
            "Marvin 5 may 6 sat 7, and May I ask in March",
            "Marvin <*> may <*> sat <*>, and May I ask in March",
        ),
        ("Monday is no date", "Monday is no date"),
        ("status=M Fri Jul 01 08:16:53 PDT 2005", "status=M <*>"),
        ("from 2017-05-16 05:00:00 to 2017-05-16 06:00:00.", "from <*> to <*>."),
        ("9/3/2024 4:05:01 PM done", "<*> done"),
        ("0 bytes sent, 4300 bytes (4.19 KB) received", "<*> bytes sent, <*> bytes received"),
        ("memory: 5.2 KB, free 317.5 GB) at 3 MB/s", "memory: <*>, free <*>) at <*>"),
        ("lifetime <1 sec and 5 sec", "lifetime <*> and <*> sec"),
        ("from 10.0.0.1 () to main()", "from <*> (<*>) to main()"),
        ("proxy.cse.cuhk.edu.hk:5070 close", "<*> close"),
        ("bolt:443 or csdnimg.cn:44 and Foo.java:12", "bolt:<*> or <*> and Foo.java:<*>"),
        ("rhost=biblioteka.wsi.edu.pl user=root", "rhost=<*> user=root"),
        ("on db.internal and mail from bob@x.example.org", "on <*> and mail from <*>"),
        ("java.io.IOException at com.foo.Bar.run", "java.io.IOException at com.foo.Bar.run"),
        (
            "mapred.tip.id, log.flush.ms and data.tar.gz",
            "mapred.tip.id, log.flush.ms and data.tar.gz",
        ),
        ("nova.compute.manager and rpc.statd", "nova.compute.manager and rpc.statd"),
        ("GET https://a.example/b?c=d done", "GET <*> done"),
        ("00:11:43:e3:ba:c3 via eth1, sda1", "<*> via eth<*>, <*>"),
        ("fe80::1c2d:3eff up, a::b", "<*> up, a::b"),
        (r"C:\Windows\x86_1\a.dll and D:\data\b", r"<*> and D:\data\b"),
        ("loading /home/a/t1: invalid", "loading <*>: invalid"),
        ("r24=0x0f r25=0x03", "<*>=<*> <*>=<*>"),
        ("x: no\n\tat a.B.c(B.java:3)\n\tat d.E.f(E.java:9)", "x: no\n\tat a.B.c(B.java:<*>)"),
        (
            "x\n at a\n at b\n at c\nCaused by: y\n at d\n at e\n ... 3 more",
            "x\n at a\nCaused by: y\n at d\n ... <*> more",
        ),
        (
            'x\nTraceback:\n  File "a.py", line 3, in f\n    g()\n  File "b.py", line 5, in g\n    h()\nE: y',
            'x\nTraceback:\n  File "b.py", line <*>, in g\n    h()\nE: y',
        ),
        ("look at a\nand at b", "look at a\nand at b"),
        ("", ""),
    ],
)
def test_messages_worked_out_by_hand(message, template):
    assert masked(message) == template


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab /.:-_=,0123456789xF<*>$\t"), max_size=40))
def test_no_digit_is_left_and_masking_again_changes_no_number(message):
    text = masked(message)
    assert not re.search("[0-9]", text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_the_masked_message_is_a_function_of_the_message_alone(message):
    masker = Masker("general")
    beside = pl.Series([message, "other 1", message])
    assert masker.fast(beside)[0] == masker.fast(beside)[2] == masker.fast(pl.Series([message]))[0]


def test_the_day_of_a_line_is_in_no_template():
    """A log of June and the same log of July, of a Sunday and of a Monday, have the same templates."""
    lines = [
        "{0} {1} 15:16:{2} combo sshd[{2}]: failed login",
        "[{3} {0} {1} 04:47:{2} 2005] [notice] child {2} found",
        "{1}/{0}/2005:13:55:{2} +0200 GET /index",
    ]
    days = [("Jun", "05", "Sun"), ("Jul", "11", "Mon"), ("May", "07", "Wed"), ("Sep", "30", "Fri")]
    for line in lines:
        assert len({masked(line.format(m, d, 10 + i, w)) for i, (m, d, w) in enumerate(days)}) == 1


def test_no_masking_leaves_everything():
    assert masked("block 17 at /a/b/7", masking="none") == "block 17 at /a/b/7"


def test_own_masks_come_first_in_their_order_and_a_dollar_is_a_dollar():
    masks = tuple(
        MaskConfig.of({"name": name, "pattern": pattern, "token": token})
        for name, pattern, token in [("user", r"user=\w+", "user=$USER"), ("usd", r"\$U", "<u>")]
    )
    assert masked("login user=bob 5", extra=masks) == "login user=<u>SER <*>"


def test_a_mask_that_is_no_pattern_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"template.extra_masks: it is no pattern"):
        MaskConfig.of({"name": "x", "pattern": "(", "token": ""})
