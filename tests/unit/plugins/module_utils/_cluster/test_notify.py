# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts of a definition become keywords of the instances, and take no place that is taken."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.notify import STATES, Notify, Script, wire
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check

MEMBERS = [Member("lb1", {"interfaces": {"eth1": ["198.18.0.11/24"]}})]
DIRECTORY = "/usr/libexec/keepalived/openvip"
LOG = DIRECTORY + "/log-transition"


def cluster(*instances):
    return {"vrrp_instance": [
        dict({"name": "VI_%d" % number, "virtual_router_id": 50 + number,
              "virtual_ipaddress": ["198.18.0.%d/24" % (100 + number)]}, **keys)
        for number, keys in enumerate(instances or ({},), 1)]}


def complete(config, notify, **options):
    """Return the data and the findings that a host of the cluster gets."""
    data, findings = derive(config, "lb1", MEMBERS, **options)
    assert findings == []
    return data, wire(data, notify)


def wired(config, *scripts, log=None, **options):
    """Return the notify keywords of each instance, and the findings as (id, severity)."""
    data, findings = complete(config, Notify(DIRECTORY + "/", scripts, log), **options)
    if not findings:
        assert [finding for finding in check(data) if finding.severity == "error"] == []
    return ([{keyword: instance[keyword] for keyword in STATES if keyword in instance}
             for instance in data["vrrp_instance"]], [(finding.id, finding.severity) for finding in findings])


def refusal(config, *scripts):
    """Return the one error as text."""
    findings = complete(config, Notify(DIRECTORY, scripts))[1]
    assert len(findings) == 1 and findings[0].severity == "error"
    return str(findings[0])


def test_every_keyword_is_one_of_an_instance():
    assert set(STATES) <= set(table.rows("vrrp_instance"))


def test_a_script_runs_at_every_change_of_every_instance():
    assert wired(cluster({}, {}), Script("tell")) == ([{"notify": DIRECTORY + "/tell"}] * 2, [])


@pytest.mark.parametrize("keyword, state", [(keyword, state) for keyword, state in STATES.items() if state])
def test_a_script_of_one_state_is_told_what_keepalived_would_tell(keyword, state):
    assert wired(cluster(), Script("tell", (keyword,))) == (
        [{keyword: "%s/tell INSTANCE VI_1 %s" % (DIRECTORY, state)}], [])


def test_a_name_that_could_be_split_is_quoted():
    assert wired(cluster({"name": "it's"}), Script("tell", ("notify_master",)))[0] == [
        {"notify_master": DIRECTORY + '/tell INSTANCE "it\'s" MASTER'}]


def test_notify_and_the_others_stand_beside_each_other():
    keywords, findings = wired(cluster(), Script("all"), Script("some", ("notify_master", "notify_fault")))
    assert findings == [] and list(keywords[0]) == ["notify", "notify_master", "notify_fault"]


def test_named_instances_alone_run_a_script_and_an_empty_list_is_none():
    assert wired(cluster({}, {}), Script("tell", vrrp_instance=("VI_2",)))[0] == [{}, {"notify": DIRECTORY + "/tell"}]
    assert wired(cluster({}, {}), Script("tell", vrrp_instance=())) == ([{}, {}], [])


def test_the_log_is_the_notify_and_becomes_the_script_that_is_one():
    assert wired(cluster({}, {}), Script("tell", vrrp_instance=("VI_2",)), log=LOG) == (
        [{"notify": LOG}, {"notify": "%s %s/tell" % (LOG, DIRECTORY)}], [])


def test_an_own_notify_stays_as_it_is_and_that_it_is_not_logged_is_said():
    own = {"notify": {"script": "/usr/bin/own x", "user": "nobody"}}
    assert wired(cluster(own, {}), log=LOG) == ([own, {"notify": LOG}], [("transition-not-logged", "warning")])
    raw = complete(cluster({"raw": ["notify /usr/bin/own"]}), Notify(DIRECTORY, (), LOG))
    assert "notify" not in raw[0]["vrrp_instance"][0] and raw[1][0].id == "transition-not-logged"


def test_an_own_script_of_a_state_does_not_stand_in_the_way_of_the_log():
    own = {"notify_master": "/usr/bin/own"}
    assert wired(cluster(own), log=LOG) == ([dict(own, notify=LOG)], [])


@pytest.mark.parametrize("keyword", STATES)
def test_a_place_that_the_instance_has_taken_is_refused(keyword):
    text = refusal(cluster({keyword: "/usr/bin/own"}), Script("tell", (keyword,)))
    assert "vrrp_instance VI_1" in text and "a %s of its own" % keyword in text and "notify_script tell" in text


def test_a_place_that_the_override_of_the_host_takes_is_refused():
    dummy, findings = wired(cluster(), Script("tell"),
                            override={"vrrp_instance": [{"name": "VI_1", "notify": "/usr/bin/own"}]})
    assert findings == [("notify-own", "error")]


def test_two_scripts_at_one_place_are_refused_with_both_names():
    text = refusal(cluster(), Script("one"), Script("other"))
    assert "notify_script one and notify_script other both want to be its notify" in text and "vrrp_instance" in text


def test_an_unknown_instance_is_refused_with_the_nearest():
    assert 'no vrrp_instance "VI_11". Did you mean "VI_1"?' in refusal(
        cluster(), Script("tell", vrrp_instance=("VI_11",)))


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "two words", "x\n", "ümlaut"])
def test_a_name_that_leaves_the_directory_or_the_line_is_refused(name):
    assert "none of a file in one directory" in refusal(cluster(), Script(name, vrrp_instance=()))


def test_a_name_of_two_scripts_or_of_the_log_is_refused():
    assert "two of this name" in refusal(cluster(), Script("x"), Script("x", ("notify_master",)))
    findings = wired(cluster(), Script("log-transition", vrrp_instance=()), log=LOG)[1]
    assert findings == [("notify-script-twice", "error")]


@pytest.mark.parametrize("beginning, word", [
    ("", "#!"), ("echo", "#!"), (" #!/bin/sh", "#!"), ("\n#!/bin/sh", "#!"), ("\ufeff#!/bin/sh", "#!"),
    ("#!/bin/sh\r\necho", "carriage return"),
])
def test_what_the_kernel_does_not_run_is_refused(beginning, word):
    assert word in refusal(cluster(), Script("tell", beginning=beginning))


@pytest.mark.parametrize("beginning", ["#!/bin/sh\necho", "#!/usr/bin/python3", "\x7fELF\x02", None])
def test_what_it_runs_is_not(beginning):
    assert wired(cluster(), Script("tell", beginning=beginning))[1] == []


@pytest.mark.parametrize("scripts, log, secure", [
    ((Script("tell"),), None, True), ((), LOG, True), ((), None, None),
])
def test_scripts_bring_the_check_who_may_write_them(scripts, log, secure):
    data = complete(cluster(), Notify(DIRECTORY, scripts, log))[0]
    assert data["global_defs"].get("enable_script_security") is secure
    given = dict(cluster(), global_defs={"enable_script_security": False})
    data = complete(given, Notify(DIRECTORY, scripts, log))[0]
    assert data["global_defs"]["enable_script_security"] is False


def test_the_definition_is_not_changed():
    config = cluster({}, {"notify_master": "/usr/bin/own"})
    before = copy.deepcopy(config)
    wired(config, Script("tell"), log=LOG)
    assert config == before


def test_without_instances_there_is_nothing_to_wire():
    data, findings = complete({"raw": ["include x.conf"]}, Notify(DIRECTORY, (), LOG))
    assert findings == [] and "enable_script_security" not in data["global_defs"]
