# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""One block of a hand-written file: what is given is enforced, every other byte stays."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils import _edit
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._edit_block import EditError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

HAND = """\
! the balancer of the shop
global_defs {
\trouter_id lb1   # our name
}

vrrp_script chk { script "/usr/bin/true"
}

vrrp_instance VI_1
{
\t# who is who
\tstate   BACKUP ! keep
\tinterface "eth1"
\tvirtual_router_id 51
\tpriority 100\t# of 255
\tauthentication { auth_type PASS
\t\tauth_pass secret
\t}
\tvirtual_ipaddress {
\t\t198.18.0.100/24 dev eth1\t# the shop
\t\t198.18.0.101/24
\t}
\tfuture_word 5

\ttrack_script {
\t\tchk
\t}
}

vrrp_instance VI_2 {
  interface eth1
  virtual_router_id 52
}
# the end"""
SERVICES = """\
virtual_server 198.18.0.100 80 {
  lb_algo rr
  lb_kind NAT
  protocol TCP
  real_server 198.18.0.21 80 {
    weight 1
    TCP_CHECK { connect_timeout 3 }
  }
  real_server 198.18.0.22 80 { # the old one
    weight 1
    HTTP_GET {
      url {
        path /
        status_code 200
      }
    }
  }
}
virtual_server fwmark 7 {
  lb_algo rr
}
virtual_server group web {
  lb_algo rr
}
"""


def present(text=HAND, section="vrrp_instance", **given_):
    """The text after the edit; the edit is made twice, the second one must change nothing."""
    given_.setdefault("name", "VI_1") if section == "vrrp_instance" else None
    edited = _edit.present(text, "k.conf", section, given_)
    assert _edit.present(edited.text, "k.conf", section, given_).text == edited.text
    return edited.text


def service(text=SERVICES, **given_):
    return present(text, "virtual_server", **{"ip": "198.18.0.100", "port": 80, **given_})


def changes(after, before=HAND):
    """The removed and the added lines."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[:1] in "+-"]


@pytest.mark.parametrize("given_", [
    {"priority": 100}, {"state": "BACKUP"}, {"interface": "eth1"}, {"priority": "100"}, {"nopreempt": False},
    {"authentication": {"auth_type": "PASS"}}, {"authentication": {"auth_pass": "secret"}}, {"track_script": ["chk"]},
    {"virtual_ipaddress": ["198.18.0.100/24 dev eth1", "198.18.0.101/24"]}, {"track_interface": []}, {},
    {"raw": ["future_word   5"]},
])
def test_what_is_there_already_changes_nothing(given_):
    assert present(**given_) == HAND


@pytest.mark.parametrize(("given_", "expected"), [
    ({"priority": 150}, ["- \tpriority 100\t# of 255", "+ \tpriority 150\t# of 255"]),
    ({"state": "MASTER"}, ["- \tstate   BACKUP ! keep", "+ \tstate   MASTER ! keep"]),
    ({"interface": "eth0"}, ['- \tinterface "eth1"', "+ \tinterface eth0"]),
    ({"nopreempt": True}, ["+ \tnopreempt"]),
    ({"advert_int": 0.5, "version": 3}, ["+ \tversion 3", "+ \tadvert_int 0.5"]),
    ({"authentication": {"auth_pass": "other"}}, ["- \t\tauth_pass secret", "+ \t\tauth_pass other"]),
    ({"authentication": {}},
     ["- \tauthentication { auth_type PASS", "- \t\tauth_pass secret", "- \t}"]),
    ({"virtual_ipaddress": ["198.18.0.101/24"]}, ["- \t\t198.18.0.100/24 dev eth1\t# the shop"]),
    ({"virtual_ipaddress": ["198.18.0.100/24 dev eth1", "198.18.0.101/24", "198.18.0.102/24"]},
     ["+ \t\t198.18.0.102/24"]),
    ({"virtual_ipaddress": ["198.18.0.99/24", "198.18.0.100/24 dev eth1", "198.18.0.101/24"]},
     ["+ \t\t198.18.0.99/24"]),
    ({"virtual_ipaddress": ["198.18.0.100/24", "198.18.0.101/24"]},
     ["- \t\t198.18.0.100/24 dev eth1\t# the shop", "+ \t\t198.18.0.100/24\t# the shop"]),
    ({"track_script": []}, ["- \ttrack_script {", "- \t\tchk", "- \t}"]),
    ({"track_interface": ["eth0", "eth2 weight 5"]},
     ["+ \ttrack_interface {", "+ \t\teth0", "+ \t\teth2 weight 5", "+ \t}"]),
    ({"notify": "/usr/bin/logger up"}, ['+ \tnotify "/usr/bin/logger up"']),
    ({"raw": ["future_word 6"]}, ["+ \tfuture_word 6"]),
])
def test_only_the_lines_of_what_differs_are_touched(given_, expected):
    assert changes(present(**given_)) == expected


def test_the_result_is_what_was_asked_for():
    given_ = {"priority": 150, "virtual_ipaddress": ["198.18.0.7/24"], "nopreempt": True, "track_script": []}
    edited = _edit.present(HAND, "k.conf", "vrrp_instance", {"name": "VI_1", **given_})
    assert edited.before["priority"] == 100 and edited.after["priority"] == 150
    assert edited.after == read(parse(edited.text))["vrrp_instance"][0]
    assert edited.after["virtual_ipaddress"] == ["198.18.0.7/24"] and "track_script" not in edited.after
    assert edited.label == "vrrp_instance VI_1"


def test_line_ends_of_the_file_are_used():
    text = HAND.replace("\n", "\r\n")
    after = present(text, priority=150, track_interface=["eth0"])
    assert "\n" not in after.replace("\r\n", "")
    assert present(text, name="VI_3", virtual_router_id=53).count("\n") == text.count("\r\n") + 4


def test_a_new_block_stands_behind_its_kind_in_the_files_own_indentation():
    after = present(name="VI_3", interface="eth1", virtual_router_id=53, virtual_ipaddress=["198.18.0.103/24"])
    assert after == HAND.replace("\n# the end", """

vrrp_instance VI_3 {
\tinterface eth1
\tvirtual_router_id 53
\tvirtual_ipaddress {
\t\t198.18.0.103/24
\t}
}
# the end""")


@pytest.mark.parametrize(("text", "expected"), [
    ("", "vrrp_instance V {\n    virtual_router_id 5\n}\n"),
    ("# mine\n", "# mine\n\nvrrp_instance V {\n    virtual_router_id 5\n}\n"),
    ("# mine", "# mine\n\nvrrp_instance V {\n    virtual_router_id 5\n}\n"),
    ("include conf.d/*.conf", "include conf.d/*.conf\n\nvrrp_instance V {\n    virtual_router_id 5\n}\n"),
    ("vrrp_script late {\n script /bin/x\n}\nvirtual_server fwmark 1 {\n}\n",
     "vrrp_script late {\n script /bin/x\n}\n\nvrrp_instance V {\n virtual_router_id 5\n}\n"
     "virtual_server fwmark 1 {\n}\n"),
    ("virtual_server fwmark 1 {\n}\n",
     "virtual_server fwmark 1 {\n}\n\nvrrp_instance V {\n    virtual_router_id 5\n}\n"),
])
def test_a_new_block_comes_behind_what_it_may_need(text, expected):
    assert present(text, name="V", virtual_router_id=5) == expected


def test_out_again_leaves_the_file_as_it_was():
    text = HAND.replace("\n# the end", "\n")
    with_block = present(text, name="VI_3", interface="eth1", virtual_router_id=53)
    assert _edit.absent(with_block, "k.conf", "vrrp_instance", {"name": "VI_3"}).text == text


def test_absent_takes_the_block_alone():
    edited = _edit.absent(HAND, "k.conf", "vrrp_instance", {"name": "VI_2"})
    assert edited.text == HAND.replace("vrrp_instance VI_2 {\n  interface eth1\n  virtual_router_id 52\n}\n", "")
    assert edited.before["virtual_router_id"] == 52 and edited.after is None
    again = _edit.absent(edited.text, "k.conf", "vrrp_instance", {"name": "VI_2"})
    assert again.text == edited.text and again.before is None


def test_of_a_keyword_that_stands_twice_one_line_is_left():
    text = HAND.replace("\tpriority 100", "\tpriority 90\n\tpriority 100")
    assert present(text, priority=100) == text
    assert changes(present(text, priority=150), text) == [
        "- \tpriority 90", "+ \tpriority 150", "- \tpriority 100\t# of 255"]


def test_a_block_in_one_line():
    text = "vrrp_instance VI_1 { virtual_ipaddress { 198.18.0.100/24 } }\n"
    after = present(text, virtual_ipaddress=["198.18.0.100/24", "198.18.0.101/24"], priority=5)
    assert parse(after).problems == []
    assert read(parse(after))["vrrp_instance"] == [
        {"name": "VI_1", "priority": 5, "virtual_ipaddress": ["198.18.0.100/24", "198.18.0.101/24"]}]


def test_names_in_one_line_stay_in_one_line():
    text = "vrrp_sync_group G {\n  group { A B } # both\n}\n"
    after = present(text, "vrrp_sync_group", name="G", group=["A", "B", "C"])
    assert after == text.replace("A B", "A B C")


@pytest.mark.parametrize(("given_", "expected"), [
    ({"lb_algo": "wrr"}, ["-   lb_algo rr", "+   lb_algo wrr"]),
    ({"lb_kind": "NAT", "protocol": "tcp"}, []),
    ({"real_server": [{"ip": "198.18.0.21", "port": 80, "weight": 5}, {"ip": "198.18.0.22", "port": 80}]},
     ["-     weight 1", "+     weight 5"]),
    ({"real_server": [{"ip": "198.18.0.22", "port": 80}]},
     ["-   real_server 198.18.0.21 80 {", "-     weight 1", "-     TCP_CHECK { connect_timeout 3 }", "-   }"]),
    ({"real_server": [{"ip": "198.18.0.21", "port": 80}, {"ip": "198.18.0.23", "port": 80, "PING_CHECK": [{}]},
                      {"ip": "198.18.0.22", "port": 80, "HTTP_GET": [{"url": [{"path": "/x"}]}]}]},
     ["+   real_server 198.18.0.23 80 {", "+     PING_CHECK {", "+     }", "+   }",
      "-         path /", "+         path /x"]),
    ({"quorum": 2, "sh_port": True}, ["+   sh-port", "+   quorum 2"]),
])
def test_services(given_, expected):
    assert changes(service(**given_), SERVICES) == expected


@pytest.mark.parametrize(("head", "first"), [
    ({"fwmark": 7}, "virtual_server fwmark 7 {"), ({"group": "web"}, "virtual_server group web {"),
])
def test_services_are_found_by_what_names_them(head, first):
    after = present(SERVICES, "virtual_server", lb_algo="sed", **head)
    assert after == SERVICES.replace(f"{first}\n  lb_algo rr", f"{first}\n  lb_algo sed")


def test_services_of_two_protocols_are_two():
    both = service(protocol="UDP", lb_algo="rr", lb_kind="NAT", real_server=[{"ip": "198.18.0.21", "port": 80}])
    assert both.count("virtual_server 198.18.0.100 80 {") == 2
    assert changes(service(both, protocol="UDP", lb_algo="sed"), both) == ["-   lb_algo rr", "+   lb_algo sed"]
    with pytest.raises(EditError, match=r"there more than once: k\.conf:1:1, k\.conf:\d+:1.*Give protocol"):
        service(both, lb_algo="sed")


@pytest.mark.parametrize(("text", "message"), [
    (HAND + "\n}\n", r"k\.conf:35:1: '}' closes no block"),
    (HAND.replace("# the end", "vrrp_instance VI_9 {\n"), r"k\.conf:34:1: block of 'vrrp_instance' is not closed"),
    (HAND.replace("priority 100", "priority\u00a0100"), r"k\.conf:15:10: U\+00A0"),
    (HAND + "\n" + HAND[HAND.index("vrrp_instance VI_1"):], r"more than once: k\.conf:9:1, k\.conf:35:1"),
    (HAND.replace("\tpriority 100", "\t@lb1 priority 100"), r"k\.conf:15:7: priority stands under a condition"),
    ("@lb1 vrrp_instance VI_1 {\n@lb1 priority 5\n@lb1 }\n", r"k\.conf:1:6: vrrp_instance VI_1 stands under a condi"),
    (HAND.replace("VI_1\n", "VI_1 blue\n"), r"k\.conf:9:1: vrrp_instance VI_1 has surplus words"),
    (HAND.replace("priority 100", "priority {"), r"priority has a brace too many|closes|not closed"),
])
def test_what_cannot_be_edited_safely_is_refused_with_its_place(text, message):
    with pytest.raises(EditError, match=message):
        present(text, priority=150)


def test_a_condition_among_the_entries():
    text = HAND.replace("\t\t198.18.0.101/24", "\t\t@lb1 198.18.0.101/24")
    with pytest.raises(EditError, match=r"k\.conf:21:8: only keepalived can tell"):
        present(text, virtual_ipaddress=["198.18.0.5/24"])


def test_a_problem_elsewhere_does_not_stand_in_the_way():
    text = HAND.replace("  interface eth1", "  interface\u00a0eth1")
    assert changes(present(text, priority=150), text) == ["- \tpriority 100\t# of 255", "+ \tpriority 150\t# of 255"]


def test_options_that_are_not_given_are_none():
    given_ = _edit.given_options(
        {"name": "V", "priority": None, "nopreempt": False, "authentication": {"auth_pass": "x", "auth_type": None},
         "path": "/x"}, "vrrp_instance")
    assert given_ == {"name": "V", "nopreempt": False, "authentication": {"auth_pass": "x"}}


VALUES = st.fixed_dictionaries({}, optional={
    "priority": st.integers(1, 255), "nopreempt": st.booleans(), "state": st.sampled_from(["MASTER", "BACKUP"]),
    "advert_int": st.sampled_from([1, 2, 0.5]),
    "track_interface": st.lists(st.sampled_from(["eth0", "eth2"]), unique=True),
    "virtual_ipaddress": st.lists(st.integers(1, 9).map("198.18.0.{}/24".format), unique=True),
    "smtp_alert": st.booleans(), "authentication": st.sampled_from([{}, {"auth_type": "PASS", "auth_pass": "a b"}]),
    "notify_master": st.sampled_from(["/bin/a", "/bin/a 'x y' \"z\"", "/bin/a \\ b"]),
})


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4))
def test_any_sequence_of_edits_keeps_everything_else(several):
    text, expected = HAND, read(parse(HAND))["vrrp_instance"][0]
    for given_ in several:
        text = present(text, **given_)
        for keyword, value in given_.items():
            if value in ([], {}) or (value is False and keyword == "nopreempt"):
                expected.pop(keyword, None)
            else:
                expected[keyword] = value
    assert parse(text).problems == []
    data = read(parse(text))
    assert data["vrrp_instance"][0] == expected
    rest = read(parse(HAND))
    assert data["vrrp_instance"][1] == rest["vrrp_instance"][1] and data["global_defs"] == rest["global_defs"]
    for line in ("! the balancer of the shop", "\trouter_id lb1   # our name", "\t# who is who", "\tfuture_word 5",
                 "# the end"):
        assert line in text.split("\n")


@pytest.mark.parametrize(("text", "given_", "message"), [
    ("vrrp_instance VI_1 {\n  virtual_ipaddress 198.18.0.100\n}\n", {"virtual_ipaddress": ["198.18.0.101"]},
     r"k\.conf:2:3: virtual_ipaddress has a brace too many or too few\. Correct that by hand"),
    ("vrrp_instance VI_1 {\n  priority {\n  }\n}\n", {"priority": 90}, r"k\.conf:2:3: priority has a brace too many"),
])
def test_a_line_that_is_no_such_line_is_left_to_people(text, given_, message):
    with pytest.raises(EditError, match=message):
        present(text, **given_)


def test_a_line_goes_ahead_of_those_that_come_later_in_the_table():
    text = "vrrp_instance VI_1 {\n  virtual_ipaddress {\n    198.18.0.100\n  }\n}\n"
    assert present(text, state="BACKUP") == text.replace("{\n  virtual", "{\n  state BACKUP\n  virtual")


def test_the_first_entry_of_an_empty_block():
    text = "vrrp_instance VI_1 {\n  virtual_ipaddress {\n  }\n}\n"
    expected = text.replace("{\n  }", "{\n    198.18.0.100\n  }")
    assert present(text, virtual_ipaddress=["198.18.0.100"]) == expected


def test_an_entry_goes_ahead_of_the_others():
    text = "vrrp_instance VI_1 {\n  virtual_ipaddress {\n    198.18.0.101\n  }\n}\n"
    assert present(text, virtual_ipaddress=["198.18.0.100", "198.18.0.101"]) == text.replace(
        "    198.18.0.101", "    198.18.0.100\n    198.18.0.101")


def test_a_block_that_refers_to_definitions_of_the_file_is_edited_in_place():
    text = ("$IP=198.18.0.100\nvrrp_instance VI_1 {\n    interface eth1\n    virtual_router_id 51\n    priority 100\n"
            "    virtual_ipaddress {\n        ${IP}/24\n    }\n}\n")
    edited = _edit.present(text, "a.conf", "vrrp_instance", {"name": "VI_1", "priority": 90})
    assert edited.text == text.replace("priority 100", "priority 90")
    assert edited.before["virtual_ipaddress"] == ["${IP}/24"]
    given = {"name": "VI_1", "virtual_ipaddress": ["${IP}/24", "198.18.0.101/24"]}
    edited = _edit.present(text, "a.conf", "vrrp_instance", given)
    assert edited.text == text.replace("${IP}/24\n", "${IP}/24\n        198.18.0.101/24\n")


def test_a_raw_line_is_added_before_what_it_names():
    text = "vrrp_instance VI_1 {\n    interface eth1\n    virtual_router_id 51\n    priority 100\n}\n"
    given = {"name": "VI_1", "raw": [{"text": "@lb1 priority 150", "before": "priority"}]}
    edited = _edit.present(text, "a.conf", "vrrp_instance", given)
    assert edited.text == text.replace("    priority 100", "    @lb1 priority 150\n    priority 100")
    assert _edit.present(edited.text, "a.conf", "vrrp_instance", given).text == edited.text
