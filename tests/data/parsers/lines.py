"""Lines as the systems write them that our parsers read, by the option that reads them."""

from __future__ import annotations

import random

LINES: dict[str, tuple[str, ...]] = {
    "android": (
        "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogsopening app wtoken",
        "03-17 16:13:38.820  1702  8671 I ActivityManager: Start proc 3091:com.a/u0a1 for service",
        "03-17 16:13:39.014  2227  2227 E PhoneInterfaceManager: [PhoneIntfMgr] getIccId: No UICC",
    ),
    "apache": (
        "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties",
        "[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6",
        "[Mon Dec 05 13:16:27 2005] [error] [client 10.0.0.9] Directory index forbidden by rule",
    ),
    "bgl": (
        "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 "
        "RAS KERNEL INFO instruction cache parity error corrected",
        "APPREAD 1117869872 2005.06.04 R04-M1-N4-I:J18-U11 2005-06-04-00.24.32.432192 "
        "R04-M1-N4-I:J18-U11 RAS APP FATAL ciod: failed to read message prefix on control stream",
        "- 1118536327 2005.06.11 NULL 2005-06-11-17.32.07.581048 NULL NULL DISCOVERY WARNING "
        "Node card is not fully functional",
    ),
    "custom": ("a line of any shape", "another, with 17 numbers"),
    "hadoop": (
        "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created",
        "2015-10-18 18:01:51,269 WARN [CommitterEvent Processor #0] org.apache.a.B: Could not delete",
    ),
    "hdfs": (
        "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block "
        "blk_38865049064139660 terminating",
        "081109 204655 556 WARN dfs.DataNode$DataXceiver: 10.251.30.85:50010:Got exception while "
        "serving blk_-2918118818249673980 to /10.251.90.64:",
        "081110 060453 7193 INFO dfs.FSNamesystem: rolled the log",
    ),
    "healthapp": (
        "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
        "20171223-22:15:29:615|Step_SPUtils|30002312|setTodayTotalDetailSteps=1514038440000##7007",
    ),
    "hpc": (
        "134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: x",
        "350766 node-109 unix.hw state_change.unavailable 1084680778 1 Component State Change: y",
    ),
    "openssh": (
        "Dec 10 06:55:46 LabSZ sshd[24200]: reverse mapping checking getaddrinfo for ns failed",
        "Dec 10 06:55:48 LabSZ sshd[24200]: Failed password for invalid user webmaster from 1.2.3.4",
    ),
    "openstack": (
        "nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO "
        'nova.osapi_compute.wsgi.server [req-38101a0b - - -] 10.11.10.1 "GET /v2/54f HTTP/1.1"',
        "nova-compute.log 2017-05-16 00:00:04.500 2931 WARNING nova.compute.manager [req-3ea4 - -] "
        "[instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Started (Lifecycle Event)",
    ),
    "proxifier": (
        "[10.30 16:49:06] chrome.exe - proxy.cse.cuhk.edu.hk:5070 open through proxy x:5070 HTTPS",
        "[10.30 16:49:08] chrome.exe - proxy.cse.cuhk.edu.hk:5070 close, 403 bytes sent",
    ),
    "several": (
        '{"ts": "2023-05-01T10:00:00Z", "level": "info", "msg": "ready", "user": "ann"}',
        '1.2.3.4 - - [01/May/2023:10:00:01 +0000] "GET /item/7 HTTP/1.1" 200 512',
        "May  1 10:00:02 web1 sshd[24200]: session opened for user root",
        "2023-05-01 10:00:03,123 ERROR [main] shop.Orders - no stock",
        '{"ts": "2023-05-01T10:00:04Z", "level": "error", "msg": "gone", "status": 500}',
    ),
    "spark": (
        "17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers",
        "17/06/09 20:11:11 ERROR storage.ShuffleBlockFetcher: Failed to get block",
    ),
    "thunderbird": (
        "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session "
        "closed for user root",
        "VAPI 1131566479 2005.11.09 tbird-admin1 Nov 19 12:01:19 local@tbird-admin1 postfix/x[1]: y",
    ),
    "zookeeper": (
        "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:2181:FastLeaderElection@774] - New",
        "2015-07-29 19:04:12,394 - WARN  [SendWorker:188978561024:QuorumCnxManager$Send@679] - Gone",
    ),
}

GARBAGE: tuple[str, ...] = (
    "",
    " ",
    "\t \x0b",
    "x" * 5000,
    "[[[]]] ||| - - - - - - - <>",
    "\x00\x01 \x7f",
    "nan inf -inf 1e300 1e400 -1 0x10",
    "99999999999999999999 99999999999999999999 2005.06.03 a b c d",
    "081399 256199 148 INFO dfs.A: no such day",
    "- 1117838570 2005.99.99 R02 2005-99-99-15.42.50.675872 R02 RAS KERNEL INFO x",
    "134681 node-246 unix.hw state 1e300 1 x",
    "Feb 30 25:61:61 host sshd[1]: x",
    r"\xf7\xfe",
)

FOREIGN: tuple[str, ...] = (
    "081109 203615 148 INFO dfs.A: Größe 大きさ 🙂 blk_1",
    "- 1117838570 2005.06.03 nœud 2005-06-03-15.42.50.675872 nœud RAS KERNEL INFO \u202e\u05e9\u05dc",
    "\uff12\uff10\uff11\uff15-10-18 18:01:47,978 INFO [main] a.b: fullwidth digits",
    "2015-10-18\u00a018:01:47,978\u2003INFO [main] a.b: other spaces",
    "e\u0301 \ufeff\u200b",
)


def mixed(seed: int = 0) -> list[str]:
    """All lines of all systems, each some times, among garbage and other scripts, in random order."""
    lines = [line for lines in LINES.values() for line in lines] * 3
    lines += [*GARBAGE, *FOREIGN]
    random.Random(seed).shuffle(lines)
    return lines
