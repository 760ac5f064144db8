"""Lines of each format that ships, ugly ones among them, and what is read of them."""

from __future__ import annotations

from typing import Any

FORMATS: dict[str, list[tuple[str, dict[str, Any] | None]]] = {
    'access': [
        ('127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326', {'message': 'GET /apache_pb.gif HTTP/1.0', 'time': '2000-10-10T20:55:36.000', 'entity': '127.0.0.1', 'fields': {'host': '127.0.0.1', 'ident': '-', 'user': 'frank', 'method': 'GET', 'path': '/apache_pb.gif', 'protocol': 'HTTP/1.0', 'status': '200', 'size': '2326'}}),
        ('2001:db8::1 - - [10/Oct/2000:13:55:36 +0000] "POST /a?b=\\"c\\" HTTP/1.1" 500 - "-" "Mozilla/5.0 (\\"x\\")"', {'message': 'POST /a?b=\\"c\\" HTTP/1.1', 'time': '2000-10-10T13:55:36.000', 'entity': '2001:db8::1', 'fields': {'host': '2001:db8::1', 'ident': '-', 'user': '-', 'method': 'POST', 'path': '/a?b=\\"c\\"', 'protocol': 'HTTP/1.1', 'status': '500', 'size': '-', 'referer': '-', 'agent': 'Mozilla/5.0 (\\"x\\")'}}),
        ('1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "\\x16\\x03\\x01" 400 226 "-" "-"', {'message': '\\x16\\x03\\x01', 'time': '2000-10-10T13:55:36.000', 'entity': '1.2.3.4', 'fields': {'host': '1.2.3.4', 'ident': '-', 'user': '-', 'status': '400', 'size': '226', 'referer': '-', 'agent': '-'}}),
        ('1.2.3.4 - john doe [10/Oct/2000:13:55:36 +0000] "GET /" 400 226 "-" "-" 0.123', {'message': 'GET /', 'time': '2000-10-10T13:55:36.000', 'entity': '1.2.3.4', 'fields': {'host': '1.2.3.4', 'ident': '-', 'user': 'john doe', 'method': 'GET', 'path': '/', 'status': '400', 'size': '226', 'referer': '-', 'agent': '-'}}),
        ('1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "-" 408 0', {'message': '-', 'time': '2000-10-10T13:55:36.000', 'entity': '1.2.3.4', 'fields': {'host': '1.2.3.4', 'ident': '-', 'user': '-', 'status': '408', 'size': '0'}}),
        ('1.2.3.4 - - [10/Oct/2000:13:55:36] GET / 200 1', None),
    ],
    'cri': [
        ('2016-10-06T00:17:09.669794202Z stdout F log content 1', {'message': 'log content 1', 'time': '2016-10-06T00:17:09.669', 'fields': {'stream': 'stdout', 'tag': 'F'}}),
        ('2016-10-06T00:17:09.669794202-03:30 stderr P ', {'message': '', 'time': '2016-10-06T03:47:09.669', 'fields': {'stream': 'stderr', 'tag': 'P'}}),
        ('2016-10-06T00:17:09Z stdin F x', None),
    ],
    'csv': [
        ('timestamp,level,message,user', {'message': 'message', 'fields': {'level': 'level', 'user': 'user'}}),
        ('2024-05-06T07:08:09Z,ERROR,"hello, ""you""",ann', {'message': 'hello, "you"', 'time': '2024-05-06T07:08:09.000', 'level': 'error', 'fields': {'level': 'ERROR', 'user': 'ann'}}),
        ('2024-05-06 07:08:09.5,,plain "in" mid,Zoë', {'message': 'plain "in" mid', 'time': '2024-05-06T07:08:09.500', 'fields': {'level': '', 'user': 'Zoë'}}),
        (',info,"",', {'message': '', 'level': 'info', 'fields': {'level': 'info', 'user': ''}}),
        ('1,2,3', None),
        ('1,2,3,4,5', None),
    ],
    'docker': [
        ('{"log":"GET / 200\\n","stream":"stdout","time":"2024-05-06T07:08:09.123456789Z"}', {'message': 'GET / 200', 'time': '2024-05-06T07:08:09.123', 'fields': {'stream': 'stdout'}}),
        ('{"log":"\\tat a.B(C.java:1)\\r\\n","stream":"stderr","time":"2024-05-06T07:08:09Z","attrs":{"tag":"web"}}', {'message': '\tat a.B(C.java:1)', 'time': '2024-05-06T07:08:09.000', 'fields': {'stream': 'stderr', 'attrs.tag': 'web'}}),
    ],
    'dpkg': [
        ('2024-01-02 03:04:05 status installed libc6:amd64 2.31-13', {'message': 'status installed libc6:amd64 2.31-13', 'time': '2024-01-02T03:04:05.000', 'entity': 'libc6:amd64', 'fields': {'action': 'status'}}),
        ('2024-01-02 03:04:05 startup archives unpack', {'message': 'startup archives unpack', 'time': '2024-01-02T03:04:05.000', 'fields': {'action': 'startup'}}),
        ('2024-01-02 03:04:05 upgrade libstdc++6:amd64 1 2', {'message': 'upgrade libstdc++6:amd64 1 2', 'time': '2024-01-02T03:04:05.000', 'entity': 'libstdc++6:amd64', 'fields': {'action': 'upgrade'}}),
    ],
    'glog': [
        ('W20240115 10:20:30.123456 12345 file.cc:123] m', {'message': 'm', 'time': '2024-01-15T10:20:30.123', 'level': 'warning', 'fields': {'level': 'W', 'thread': '12345', 'file': 'file.cc:123'}}),
    ],
    'journald': [
        ('{"__REALTIME_TIMESTAMP":"1714979289123456","PRIORITY":"3","MESSAGE":"Failed","SYSLOG_IDENTIFIER":"systemd","_PID":"1"}', {'message': 'Failed', 'time': '2024-05-06T07:08:09.123', 'entity': 'systemd', 'level': 'error', 'fields': {'_PID': '1'}}),
        ('{"__REALTIME_TIMESTAMP":"1714979289123456","MESSAGE":[104,105],"PRIORITY":"6"}', {'message': '[104, 105]', 'time': '2024-05-06T07:08:09.123', 'level': 'info'}),
    ],
    'json': [
        ('{"message":"x","ts":1.5e9,"level":30,"http":{"status":500}}', {'message': 'x', 'time': '2017-07-14T02:40:00.000', 'level': 'info', 'fields': {'http.status': '500'}}),
        ('{"msg":"Größe \\ud83d\\ude42\\n","time":"2024-05-06 07:08:09,123","log.level":"WARN","level":null}', {'message': 'Größe 🙂', 'time': '2024-05-06T07:08:09.123', 'level': 'warning'}),
        ('{"log":{"a":1},"severity":3,"@timestamp":"2024-05-06T07:08:09-03:30"}', {'message': '{"a": 1}', 'time': '2024-05-06T10:38:09.000', 'level': 'error'}),
        ('{"message":"","t":1714979289123456789,"m":true}', {'message': '', 'time': '2024-05-06T07:08:09.123'}),
        ('{}', {'message': '{}'}),
        ('{"message":"cut', None),
        ('{"message":"x",}', None),
        ('not json', None),
        ('[1, 2]', None),
    ],
    'klog': [
        ('I0115 10:20:30.123456   12345 file.go:123] "Pod status updated" pod="a/b"', {'message': '"Pod status updated" pod="a/b"', 'time': '2024-01-15T10:20:30.123', 'level': 'info', 'fields': {'level': 'I', 'thread': '12345', 'file': 'file.go:123'}}),
        ('E1231 23:59:59.000001 1 x.cc:1] ', {'message': '', 'time': '2024-12-31T23:59:59.000', 'level': 'error', 'fields': {'level': 'E', 'thread': '1', 'file': 'x.cc:1'}}),
        ('F0229 00:00:00.5 7 a.go:1] boom', {'message': 'boom', 'time': '2024-02-29T00:00:00.500', 'level': 'fatal', 'fields': {'level': 'F', 'thread': '7', 'file': 'a.go:1'}}),
        ('X0115 10:20:30.123456 1 a.go:1] m', None),
    ],
    'linux': [
        ('Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0', {'message': 'authentication failure; logname= uid=0', 'time': '2005-06-14T15:16:01.000', 'entity': 'sshd(pam_unix)', 'fields': {'Host': 'combo', 'Component': 'sshd(pam_unix)', 'Pid': '19939'}}),
        ('Jun 14 15:16:01 combo syslogd 1.4.1: restart.', {'message': 'restart.', 'time': '2005-06-14T15:16:01.000', 'entity': 'syslogd 1.4.1', 'fields': {'Host': 'combo', 'Component': 'syslogd 1.4.1'}}),
        ('Jun 14 15:16:01 combo -- MARK --', {'message': '-- MARK --', 'time': '2005-06-14T15:16:01.000', 'fields': {'Host': 'combo'}}),
    ],
    'log4j': [
        ('2024-01-02 03:04:05,678 [main] INFO  com.foo.Bar - msg: x', {'message': 'msg: x', 'time': '2024-01-02T03:04:05.678', 'level': 'info', 'fields': {'thread': 'main', 'level': 'INFO', 'logger': 'com.foo.Bar'}}),
        ('2024-01-02 03:04:05,678 WARN [http-nio [1]] com.foo.Bar: msg', {'message': 'msg', 'time': '2024-01-02T03:04:05.678', 'level': 'warning', 'fields': {'level': 'WARN', 'caller': 'http-nio [1]', 'logger': 'com.foo.Bar'}}),
        ('2024-01-02T03:04:05.678 ERROR com.foo.Bar - ', {'message': '', 'time': '2024-01-02T03:04:05.678', 'level': 'error', 'fields': {'level': 'ERROR', 'logger': 'com.foo.Bar'}}),
        ('2024-01-02 03:04:05 DEBUG c.B$1: a - b', {'message': 'a - b', 'time': '2024-01-02T03:04:05.000', 'level': 'debug', 'fields': {'level': 'DEBUG', 'logger': 'c.B$1'}}),
        ('    at a.B(C.java:1)', None),
    ],
    'logback': [
        ('16:06:09.031 [main] DEBUG chapters.conf.MyApp1 - Entering - app', {'message': 'Entering - app', 'time': '2024-01-01T16:06:09.031', 'level': 'debug', 'fields': {'thread': 'main', 'level': 'DEBUG', 'logger': 'chapters.conf.MyApp1'}}),
        ('16:06:09.031 [main] INFO  a.B -- x - y', {'message': 'x - y', 'time': '2024-01-01T16:06:09.031', 'level': 'info', 'fields': {'thread': 'main', 'level': 'INFO', 'logger': 'a.B'}}),
        ('16:06:09.031 [main] INFO  a.B -k="v" - x', {'message': 'x', 'time': '2024-01-01T16:06:09.031', 'level': 'info', 'fields': {'thread': 'main', 'level': 'INFO', 'logger': 'a.B'}}),
    ],
    'logfmt': [
        ('time=2024-05-06T07:08:09Z level=info msg="a \\"b\\" level=error x" status=200', {'message': 'a "b" level=error x', 'time': '2024-05-06T07:08:09.000', 'level': 'info', 'fields': {'level': 'info', 'status': '200'}}),
        ('ts=1714979289.5 lvl=warn message=Größe addr=[::1]:80', {'message': 'Größe', 'time': '2024-05-06T07:08:09.500', 'level': 'warning', 'fields': {'lvl': 'warn', 'addr': '[::1]:80'}}),
        ('level=error msg="" user="" x', {'message': '', 'level': 'error', 'fields': {'level': 'error', 'user': ''}}),
        ('at=info method=GET path="/a b"', {'message': 'at=info method=GET path="/a b"', 'fields': {'at': 'info', 'method': 'GET', 'path': '/a b'}}),
        ('no logfmt', None),
        ('a=1 b="unclosed', None),
    ],
    'mac': [
        ('Jul  1 09:00:55 calvisitor-10 kernel[0]: IOThunderboltSwitch<0>(0x0)::x', {'message': 'IOThunderboltSwitch<0>(0x0)::x', 'time': '2017-07-01T09:00:55.000', 'entity': 'kernel', 'fields': {'Host': 'calvisitor-10', 'Component': 'kernel', 'Pid': '0'}}),
        ('Jul  1 09:00:55 c Microsoft Word[14463]: a', {'message': 'a', 'time': '2017-07-01T09:00:55.000', 'entity': 'Microsoft Word', 'fields': {'Host': 'c', 'Component': 'Microsoft Word', 'Pid': '14463'}}),
        ('Jul  1 09:00:55 c com.apple.xpc.launchd[1] (com.apple.x.pid.WebContent.50350): Service', {'message': 'Service', 'time': '2017-07-01T09:00:55.000', 'entity': 'com.apple.xpc.launchd', 'fields': {'Host': 'c', 'Component': 'com.apple.xpc.launchd', 'Pid': '1', 'Address': 'com.apple.x.pid.WebContent.50350'}}),
        ('Jul  1 09:00:55 c --- last message repeated 1 time ---', {'message': '--- last message repeated 1 time ---', 'time': '2017-07-01T09:00:55.000', 'fields': {'Host': 'c'}}),
    ],
    'python': [
        ('WARNING:root:careful: x', {'message': 'careful: x', 'level': 'warning', 'fields': {'level': 'WARNING', 'logger': 'root'}}),
        ('INFO::m', {'message': 'm', 'level': 'info', 'fields': {'level': 'INFO', 'logger': ''}}),
        ('INFO:a.b:', {'message': '', 'level': 'info', 'fields': {'level': 'INFO', 'logger': 'a.b'}}),
        ('Traceback (most recent call last):', None),
    ],
    'python_asctime': [
        ('2024-01-02 03:04:05,678 - app - sub - ERROR - m - n', {'message': 'm - n', 'time': '2024-01-02T03:04:05.678', 'level': 'error', 'fields': {'logger': 'app - sub', 'level': 'ERROR'}}),
    ],
    'syslog': [
        ("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8", {'message': "'su root' failed for lonvick on /dev/pts/8", 'time': '2024-10-11T22:14:15.000', 'entity': 'su', 'level': 'critical', 'fields': {'priority': '34', 'host': 'mymachine', 'app': 'su'}}),
        ('Oct  1 02:04:05 fe80::1 kernel: [ 0.1] x: y', {'message': '[ 0.1] x: y', 'time': '2024-10-01T02:04:05.000', 'entity': 'kernel', 'fields': {'host': 'fe80::1', 'app': 'kernel'}}),
        ('Oct  1 02:04:05 h last message repeated 3 times', {'message': 'last message repeated 3 times', 'time': '2024-10-01T02:04:05.000', 'fields': {'host': 'h'}}),
        ('Feb 29 02:04:05 h sshd[12]:', {'message': '', 'time': '2024-02-29T02:04:05.000', 'entity': 'sshd', 'fields': {'host': 'h', 'app': 'sshd', 'pid': '12'}}),
        ('Oct  1 02:04:05 h systemd-logind[1]: New session 1 of user ü.', {'message': 'New session 1 of user ü.', 'time': '2024-10-01T02:04:05.000', 'entity': 'systemd-logind', 'fields': {'host': 'h', 'app': 'systemd-logind', 'pid': '1'}}),
        ('May  6 7:08:09 no such time', None),
    ],
    'syslog_5424': [
        ('<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App\\"li]cation"][b c="d"] \ufeffAn application event', {'message': 'An application event', 'time': '2003-10-11T22:14:15.003', 'entity': 'evntslog', 'level': 'notice', 'fields': {'priority': '165', 'host': 'mymachine.example.com', 'app': 'evntslog', 'pid': '-', 'msgid': 'ID47', 'structured_data': '[exampleSDID@32473 iut="3" eventSource="App\\"li]cation"][b c="d"]'}}),
        ('<34>1 2003-10-11T22:14:15.003-07:00 h su 12 ID47 - x', {'message': 'x', 'time': '2003-10-12T05:14:15.003', 'entity': 'su', 'level': 'critical', 'fields': {'priority': '34', 'host': 'h', 'app': 'su', 'pid': '12', 'msgid': 'ID47', 'structured_data': '-'}}),
        ('<34>1 - - - - - -', {'message': '', 'entity': '-', 'level': 'critical', 'fields': {'priority': '34', 'host': '-', 'app': '-', 'pid': '-', 'msgid': '-', 'structured_data': '-'}}),
        ('<34>1 2003-10-11T22:14:15.003Z h su - - [a b="c"]', {'message': '', 'time': '2003-10-11T22:14:15.003', 'entity': 'su', 'level': 'critical', 'fields': {'priority': '34', 'host': 'h', 'app': 'su', 'pid': '-', 'msgid': '-', 'structured_data': '[a b="c"]'}}),
        ('34 1 - - - - - -', None),
    ],
    'syslog_iso': [
        ('2024-05-06T07:08:09.123456+02:00 host CRON[1]: (root) CMD (x)', {'message': '(root) CMD (x)', 'time': '2024-05-06T05:08:09.123', 'entity': 'CRON', 'fields': {'host': 'host', 'app': 'CRON', 'pid': '1'}}),
    ],
    'tsv': [
        ('ts\tmsg\tseverity', {'message': 'msg', 'fields': {'severity': 'severity'}}),
        ('1714979289\ta, "b"\tWARN', {'message': 'a, "b"', 'time': '2024-05-06T07:08:09.000', 'level': 'warning', 'fields': {'severity': 'WARN'}}),
        ('1714979289\tone\tWARN\tmore', None),
    ],
    'windows': [
        ('2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1', {'message': 'Loaded Servicing Stack v6.1', 'time': '2016-09-28T04:30:30.000', 'entity': 'CBS', 'level': 'info', 'fields': {'Level': 'Info', 'Component': 'CBS'}}),
        ('2016-09-28 04:30:30, Warning  CSI  00000001@2016/9/27:20:40:53.744 x', {'message': '00000001@2016/9/27:20:40:53.744 x', 'time': '2016-09-28T04:30:30.000', 'entity': 'CSI', 'level': 'warning', 'fields': {'Level': 'Warning', 'Component': 'CSI'}}),
    ],
}  # fmt: skip
"""Option -> lines, and of each its message, time (UTC), entity, level and fields, those that it has; None
where it does not fit. A table begins with its header."""
