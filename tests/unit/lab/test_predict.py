# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers, faults, predict, table

CONFIGURATION = """
vrrp_script check {
    script "/usr/bin/curl --silent --max-time 0.5 http://127.0.0.1/"
    interval 1
    fall 2
}
track_file nginx {
    file /run/track
}
vrrp_instance VI_1 {
    priority %d
    version 3
    advert_int 0.1
    track_script {
        check
    }
    track_file {
        nginx
    }
}
"""
HOLDER, WAITING = predict.configuration(CONFIGURATION % 250), predict.configuration(CONFIGURATION % 240)


@pytest.mark.parametrize(("name", "seconds"), [
    ("nginx stopped", (0.00625, 0.00625)),
    ("nginx killed", (0.00625, 0.00625)),
    ("nginx hung", (1.50625, 2.50625)),
    ("keepalived stopped", (0.00625, 0.00625)),
    ("host frozen", (0.20625, 0.30625)),
])
def test_the_time_of_each_fault(name, seconds):
    assert predict.predict(faults.find(name), HOLDER, WAITING) == pytest.approx(seconds)


def test_the_time_of_a_hung_service_that_keepalived_check_asks():
    unit = ("ExecStart=/usr/bin/python3 -I /usr/local/sbin/keepalived-check --unit=nginx.service --file=/run/track "
            '--interval=0.2 --max-time=0.14 --fall=2 --rise=2 "http://127.0.0.1/a%%20b"\n')
    asked = predict.configuration(CONFIGURATION % 250, unit)
    assert asked.questions == ((0.2, 2, 0.14),)
    assert predict.predict(faults.find("nginx hung"), asked, WAITING) == pytest.approx((0.28625, 0.48625))
    assert predict.predict(faults.find("nginx stopped"), asked, WAITING) == pytest.approx((0.00625, 0.00625))


def test_another_service_has_the_same_faults_and_times():
    nginx, haproxy = faults.of_service("nginx"), faults.of_service("haproxy")
    assert [fault.name for fault in haproxy] == ["haproxy stopped", "haproxy killed", "haproxy hung"]
    assert [predict.predict(fault, HOLDER, WAITING) for fault in haproxy] == [
        predict.predict(fault, HOLDER, WAITING) for fault in nginx]


def test_nothing_tracked_never_moves():
    bare = predict.configuration("vrrp_instance VI_1 {\n}\n")
    assert bare.timers == (2, 1.0, 100, 3)
    assert predict.predict(faults.find("nginx stopped"), bare, bare) is None


def test_an_unknown_fault_names_the_known_ones():
    with pytest.raises(containers.LabError, match="nginx hung"):
        faults.find("nginx hanged")


@pytest.mark.parametrize(("values", "text"), [
    ([5.0], "5"), ([None], "never"), ([1.0, 3.0, 2.0], "2 (1-3)"), ([None, 3.0, None], "never (3-never)"), ([], "-")])
def test_a_figure_is_the_median_with_its_range(values, text):
    assert table.figure(values) == text
