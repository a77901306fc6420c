# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the messages of keepalived --config-test are judged."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import config_test as subject
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import harmless
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome, run

PATH = "/etc/keepalived/keepalived.conf"


def judged(output, code=5, timed_out=False):
    return subject.judge(Outcome(code, output, timed_out), PATH, "/etc/keepalived/.config-test-x")


def test_silence_and_code_zero_is_accepted():
    verdict = judged("", 0)
    assert (verdict.refused, verdict.remarks) == ([], [])


def test_messages_are_said_once_with_the_path_and_line_of_the_real_file():
    verdict = judged("(Line 9) Unknown keyword 'prioty'\n"
                     "(/etc/keepalived/.config-test-x: Line 9) Unknown keyword 'prioty'\n")
    assert verdict.refused == ["%s:9: Unknown keyword 'prioty'" % PATH]


def test_a_message_about_an_included_file_keeps_its_name():
    assert judged("(extra.conf: Line 2) Unknown keyword 'x'\n").refused == ["extra.conf:2: Unknown keyword 'x'"]


# As keepalived 2.1.5 to 2.4.3 print them, the last of them from 2.3.3 on.
WORKS_AS_WRITTEN = [
    "(Line 4) (VI_1) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.",
    "(Line 4)          Please use global lvs_sync_daemon",
    '(Line 2) Please use keyword "id" before lvs_sync_daemon syncid value',
    '(Line 2) Please use keyword "id" before lvs_sync_daemon SYNCID',
    '(Line 3) Keyword "vrrp_vmac_garp_intvl" is deprecated - please use "vrrp_garp_extra_if"',
    '(Line 3) Keyword "vmac_garp_intvl" is deprecated - please use "garp_extra_if"',
    "(Line 8) nb_get_retry is deprecated - please use 'retry'",
    '(Line 9) "gw" for routes is deprecated. Please use "via"',
    '(Line 9) "or" for routes is deprecated. Please use "nexthop"',
    "(Line 3) (G) global_tracking is deprecated. Use track_interface/script/file on the sync group",
    "(Line 4) (VI_1) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block",
    "(Line 4) (VI_1) thread_timer_expired - please replace with keyword 'timer_expired_backup'",
    "SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
    "SECURITY VIOLATION - scripts are being executed but script_security not enabled. There are insecure scripts.",
    "SECURITY VIOLATION - check scripts are being executed but script_security not enabled.",
    "SECURITY VIOLATION - start/shutdown scripts are being executed but script_security not enabled.",
    "Virtual server [198.18.0.100]:tcp:80: no scheduler set, setting default 'wlc'",
    "(VI_1) No VIP specified; at least one is sensible",
    "Sync group G has only 1 virtual router(s) - this probably isn't what you want",
    "(Line 3) Warning - empty notification_email block",
    "(Line 9) (VI_1) unicast with use_vmac requires vmac_xmit_base - setting",
    "(Line 9) Rule has no preference specified - setting to 16384. This is probably not what you want.",
    "(Line 9) Warning - cannot track route 198.51.100.0 with no interface specified, not tracking",
    "(VI_1) Ignoring track_interface eth0 since own interface",
    "(VI_1) promote_secondaries is automatically set for vmacs - ignoring",
    "Warning: Virtual server FWM 5: protocol specified for fwmark - protocol will be ignored",
    "WARNING - fwmark virtual server FWM 5, real server [198.18.0.21]:tcp:80 has port specified - port will be ignored",
    "WARNING - fwmark virtual server FWM 5, real server [198.18.0.21]:tcp:80 has port specified - clearing",
    "WARNING - fwmark virtual server FWM 5, sorry server has port specified - port will be ignored",
    "(VI_1) Number of VIPs (300) exceeds maximum/space available in packet (max 255 addresses) - excess moved to eVIPs",
    "(Line 2) vrrp_mcast_group6 [ff05::12] should be link-local multicast.",
    "(Line 1) includem not supported - treating as includer",
    "(Line 1) include_check type 'match' - not supported, treating as 'read'",
    "(Line 9) (VI_1): VIP duplicates a VIP 198.18.0.100 - ignoring",
    "(Line 9) (VI_1): Excluded VIP duplicates an excluded VIP 198.18.0.100 - ignoring",
]


@pytest.mark.parametrize("message", WORKS_AS_WRITTEN)
def test_a_message_about_something_that_works_as_written_does_not_refuse(message):
    verdict = judged(message + "\n", 6)
    assert verdict.refused == [] and len(verdict.remarks) == 1


def test_every_harmless_message_has_an_example():
    used = {harmless.find(subject.PREFIX.sub("", message).strip()) for message in WORKS_AS_WRITTEN}
    assert used == set(harmless.HARMLESS)


@pytest.mark.parametrize("message, remark", [
    ("(VI_1) No VIP specified; at least one is sensible",
     "(VI_1) No VIP specified; at least one is sensible. Add virtual_ipaddress."),
    ("SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
     "SECURITY VIOLATION - scripts are being executed but script_security not enabled. "
     "Set enable_script_security in global_defs."),
    ("nb_get_retry is deprecated - please use 'retry'", "nb_get_retry is deprecated - please use 'retry'"),
])
def test_a_remark_says_what_to_do(message, remark):
    assert judged(message + "\n").remarks == [remark]


@pytest.mark.parametrize("message", [
    "(Line 4) Truncating auth_pass to 8 characters",
    "Non-existent interface specified in configuration",
    "Disabling track script chk since not found/accessible",
    # Much like the harmless ones, and something is dropped or changed.
    "(VI_1) A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is "
    "deprecated - please update your configuration.",
    "Sync group G has only 1 virtual router(s) - this probably isn't what you want - removing",
    "Please use something else",
    "(Line 3) Configuration file '/etc/keepalived/a.sh' is not a regular non-executable file - skipping",
    "(Line 3) Configuration file '/etc/keepalived/a.conf' open problem (Permission denied) - skipping",
    "(Line 3) Config files missing 'none.conf'.",
    "(Line 9) (VI_1): VIP duplicates an excluded VIP 198.18.0.100 - ignoring",
    "(Line 9) (VI_1): Excluded VIP duplicates a VIP 198.18.0.100 - ignoring",
    "WARNING - virtual server FWM 5, sorry server has port specified - clearing",
    "WARNING - virtual server [198.18.0.100]:tcp:80 and real server [198.18.0.21]:tcp:81 ports don't match - resetting",
    "Virtual server FWM 5: cannot use ha_suspend with fwmarks - clearing ha_suspend",
    "Virtual server [198.18.0.100]:tcp:80: no forwarding method set, setting default NAT",
    "Virtual server [198.18.0.100]:tcp:80: no protocol set - defaulting to UDP",
    "(VI_1) no_virtual_ipaddress and strict mode incompatible, clearing no_virtual_ipaddress",
    "(VI_1) Warning - nopreempt will not work with initial state MASTER - clearing",
    "iptables not supported, using nftables instead. Please replace 'vrrp_iptables and 'vrrp_ipsets' with 'nftables' "
    "config option",
    "Unable to find vrrp instance 51 for lvs_syncd - clearing lvs_syncd config",
    # A harmless one with more behind it.
    "Warning - empty notification_email block and something else",
])
def test_a_message_about_something_that_differs_from_what_is_written_refuses(message):
    assert len(judged(message + "\n").refused) == 1


def test_an_interface_that_does_not_exist_is_named_in_the_refusal():
    refused = judged("(Line 3) WARNING - interface eth9 for vrrp_instance VI_1 doesn't exist\n"
                     "Non-existent interface specified in configuration\n").refused
    assert len(refused) == 2 and "eth9" in refused[0]


def test_one_refused_message_among_harmless_ones_refuses():
    verdict = judged("         Please use global lvs_sync_daemon\nUnknown keyword 'x'\n")
    assert verdict.refused == ["Unknown keyword 'x'"]


@pytest.mark.parametrize("code", [-11, 143])
def test_the_end_by_a_signal_refuses(code):
    assert "signal" in judged("", code).refused[0]


@pytest.mark.parametrize("code, timed_out", [(-9, True), (-6, False), (139, False)])
def test_a_hang_and_a_crash_refuse_with_the_last_words(code, timed_out):
    line = "(Line 3) realpath() error 2 (No such file or directory) for /none/number"
    refused = judged(line + "\n", code, timed_out).refused
    assert "did not end" in refused[0] if timed_out else "signal" in refused[0]
    assert refused[1:] == ["%s:3: %s" % (PATH, line[9:])]


def test_a_failure_without_a_word_refuses():
    assert "exit code 4" in judged("", 4).refused[0]


def test_a_program_that_hangs_is_ended_with_its_children():
    outcome = run(["/bin/sh", "-c", "sleep 60 & echo started; wait"], 0.3)
    assert outcome.timed_out and outcome.output == "started\n"


def test_scripts_are_given_to_root_for_the_versions_that_end_themselves():
    text = ('global_defs {\n    script_user keepalived_script\n}\nvrrp_script a {\n    user nobody nogroup  # who\n}\n'
            'vrrp_instance VI_1 {\n    notify_master "/a/b x" nobody\n    notify "/c"\n}\n')
    assert subject.as_root(text) == (
        'global_defs {\n    script_user root\n}\nvrrp_script a {\n    user root  # who\n}\n'
        'vrrp_instance VI_1 {\n    notify_master "/a/b x"\n    notify "/c"\n}\n')


@pytest.mark.parametrize("line", [
    'startup_script "/a/b x" nobody', 'vrrp_notify_fifo_script "/a" nobody nogroup', 'quorum_up "/a" nobody'])
def test_the_user_behind_any_kind_of_script_is_left_out(line):
    assert "nobody" not in subject.as_root("global_defs {\n    %s\n}\n" % line)


def test_without_a_script_user_root_is_added_behind_everything_so_that_lines_keep_their_numbers():
    text = "vrrp_script a {\n}\n"
    assert subject.as_root(text).startswith(text) and "script_user root" in subject.as_root(text)


@pytest.mark.parametrize("version, expected", [
    ((2, 2, 4), False), ((2, 2, 5), True), ((2, 2, 7), True), ((2, 2, 8), False), ((2, 3, 3), False)])
def test_the_versions_that_end_themselves(version, expected):
    assert subject.ends_itself(version) is expected


@pytest.fixture
def included(tmp_path):
    """A directory with a file to include, one that is executable, and a directory; gives the path of the main file."""
    (tmp_path / "good.conf").write_text("include deeper.conf\n")
    (tmp_path / "run.sh").write_text("")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "conf.d").mkdir()
    return tmp_path / "keepalived.conf"


@pytest.mark.parametrize("line, fault", [
    ("include none.conf", "none.conf does not exist"),
    ("include good.conf", "deeper.conf does not exist"),
    ("include {good,none}.conf", "none.conf does not exist"),
    ("include run.sh", "run.sh is a directory or executable"),
    ("include conf.d", "conf.d is a directory or executable"),
])
@pytest.mark.parametrize("version, reported", [((2, 1, 5), 1), ((2, 2, 0), 0), ((2, 3, 3), 0)])
def test_a_file_that_is_not_included_is_reported_for_versions_that_do_not(included, line, fault, version, reported):
    found = subject.unreported_includes("global_defs {\n}\n" + line + "\n", str(included), version)
    assert sum(fault in sentence for sentence in found) == reported
    assert reported or found == []


@pytest.mark.parametrize("line", [
    "include *.none", "include conf.d/*.conf", "! include none.conf", "@lb2 include none.conf"])
def test_a_pattern_without_a_match_is_nothing(included, line):
    assert subject.unreported_includes(line + "\n", str(included), (2, 1, 5)) == []


@pytest.mark.parametrize("text, missing", [
    ("global_defs {\n    script_user nosuchuser\n}\n", ["nosuchuser"]),
    ("global_defs {\n    script_user root nosuchgroup\n}\n", ["nosuchgroup"]),
    ("vrrp_script a {\n    user nosuchuser\n}\n", ["nosuchuser"]),
    ('vrrp_instance V {\n    notify_master "/a b" nosuchuser nosuchgroup\n}\n', ["nosuchuser", "nosuchgroup"]),
    ("global_defs {\n    startup_script /a nosuchuser\n}\n", ["nosuchuser"]),
    ("global_defs {\n    script_user root\n}\nvrrp_script a {\n    user root root\n}\n", []),
    ("global_defs {\n    script_user nosuch nosuch\n}\n", ["nosuch"]),
    ('global_defs {\n    script_user "nosuch user"\n}\n', ["nosuch"]),
    ('global_defs {\n    script_user ""\n}\n', []),
    ("global_defs {\n    script_user\n}\n", []),
    ("global_defs {\n    script_user $NOSUCHUSER\n}\n", []),
    ('vrrp_instance V {\n    notify "/a nosuchuser"\n}\n', []),
    ("global_defs {\n    @lb2 script_user nosuchuser\n}\n", []),
    ("@lb2 vrrp_script a {\n    user nosuchuser\n}\n", []),
    ("", []),
])
def test_a_user_that_does_not_exist_is_reported_for_all_versions(text, missing):
    found = subject.unreported_users(text, PATH)
    assert [sentence.split(": ")[1].split()[0] for sentence in found] == missing


@pytest.mark.parametrize("users, refused", [(True, 1), (False, 0)])
def test_the_verdict_has_what_the_version_does_not_report(tmp_path, users, refused):
    text = "global_defs {\n    script_user nosuchuser\n}\n"
    verdict = subject.config_test(text, str(tmp_path / "k.conf"), "/bin/true", (2, 2, 7), 5, users)
    assert len(verdict.refused) == refused
