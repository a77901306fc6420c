# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what was found on a host to metrics, as Prometheus' own parser reads them."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.openvip.cluster.plugins.module_utils._metrics import families, host
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.exposition import render
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._metrics import recorded


def parsed(report):
    """Return the values by name and labels; a metric that is told twice is an error."""
    text = render(families.samples(report, 1000.5, 0.25), {"cluster": "lb"})
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert sample.labels.pop("cluster") == "lb"
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(found, metric, /, **labels):
    return found[(metric, *sorted(labels.items()))]


def test_states_priorities_and_counters_of_a_recorded_daemon():
    found = parsed(recorded.report())
    states = {name: value(found, "openvip_vrrp_state", vrrp_instance="VI_1", state=name)
              for name in families.SHOWN_STATES}
    assert states == {"INIT": 0, "BACKUP": 0, "MASTER": 0, "FAULT": 1, "STOP": 0}
    assert value(found, "openvip_vrrp_state", vrrp_instance="VI_2", state="MASTER") == 1
    assert value(found, "openvip_vrrp_priority", vrrp_instance="VI_2") == 250
    assert value(found, "openvip_vrrp_effective_priority", vrrp_instance="VI_2") == 250
    assert value(found, "openvip_vrrp_adverts_sent_total", vrrp_instance="VI_1") == 8607
    assert value(found, "openvip_vrrp_transitions_total", vrrp_instance="VI_1", transition="release_master") == 1
    assert value(found, "openvip_vrrp_packet_errors_total", vrrp_instance="VI_1", error="auth_failure") == 0
    assert value(found, "openvip_vrrp_last_transition_timestamp_seconds",
                 vrrp_instance="VI_2") == recorded.INSTANCES[1]["last_transition"]
    assert value(found, "openvip_keepalived_info", version="2.2.7") == 1


def test_what_is_tracked_and_which_address_is_held():
    found = parsed(recorded.report())
    bad = {"vrrp_instance": "VI_1", "track": "track_file", "name": "nginx"}
    assert value(found, "openvip_vrrp_tracked_good", **bad) == 0
    assert value(found, "openvip_vrrp_tracked_file_value", **bad) == 1
    script = {"vrrp_instance": "VI_1", "track": "track_script", "name": "check_nginx"}
    assert value(found, "openvip_vrrp_tracked_good", **script) == 1
    assert value(found, "openvip_vrrp_tracked_weight", **script) == -20
    assert value(found, "openvip_vrrp_address_held", vrrp_instance="VI_1", address="203.0.113.200") == 0
    assert value(found, "openvip_vrrp_address_held", vrrp_instance="VI_2", address="203.0.113.201") == 1


def test_ipvs_of_a_recorded_kernel(monkeypatch):
    found = parsed(recorded.report(ipvs=recorded.ipvs(monkeypatch)))
    service = {"ip": "198.18.0.100", "port": "80", "protocol": "TCP"}
    real = dict(service, real_ip="127.0.0.1", real_port="8080")
    assert value(found, "openvip_ipvs_available") == 1
    assert value(found, "openvip_ipvs_usable_real_servers", **service) == 1
    assert value(found, "openvip_ipvs_usable_real_servers", fwmark="8", ip_family="inet6") == 0
    assert value(found, "openvip_ipvs_real_server_weight", **real) == 3
    assert value(found, "openvip_ipvs_real_server_bytes_in_total", **real) == 1156
    assert value(found, "openvip_ipvs_real_server_connections_total", **real) == 3
    assert value(found, "openvip_ipvs_virtual_server_packets_in_total", **service) >= 16
    assert value(found, "openvip_ipvs_real_server_active_connections", **real) == 1
    assert value(found, "openvip_ipvs_real_server_inactive_connections", **real) == 2
    assert value(found, "openvip_ipvs_sync_daemon", state="master", interface="dummy0", id="7") == 1


def test_real_servers_by_keepalived_conf_and_the_table(monkeypatch):
    config = {"virtual_server": [{
        "ip": "198.18.0.100", "port": 80, "sorry_server": "127.0.0.1 8080", "real_server": [
            {"ip": "198.18.0.21", "port": 80}, {"ip": "198.18.0.22", "port": 80, "weight": 0}]}]}
    found = parsed(recorded.report(ipvs=recorded.ipvs(monkeypatch), config=config))
    service = {"ip": "198.18.0.100", "port": "80", "protocol": "TCP"}
    assert value(found, "openvip_ipvs_usable_real_servers", **service) == 0
    assert value(found, "openvip_ipvs_sorry_server_used", **service) == 1
    assert [key for key in found if key[0] == "openvip_ipvs_real_server_up"] == [
        ("openvip_ipvs_real_server_up", *sorted(dict(service, real_ip="198.18.0.21", real_port="80").items()))]
    assert value(found, "openvip_ipvs_real_server_up", **service, real_ip="198.18.0.21", real_port="80") == 0


def test_what_is_not_known_has_no_value_and_is_no_success():
    found = parsed(recorded.report(instances=None, tracked=None, held=None, ipvs=None, errors={
        host.VRRP: "no", host.TRACKED: "no", host.ADDRESSES: "no", host.IPVS: "no"}))
    names = {key[0] for key in found}
    assert names == {"openvip_keepalived_up", "openvip_keepalived_info", "openvip_collector_success",
                     "openvip_collector_timestamp_seconds", "openvip_collector_duration_seconds"}
    assert {part: value(found, "openvip_collector_success", part=part) for part in host.PARTS} == {
        "configuration": 1, "vrrp": 0, "tracked": 0, "addresses": 0, "ipvs": 0}
    assert value(found, "openvip_collector_timestamp_seconds") == 1000.5


def test_a_keepalived_without_json_has_all_but_the_counters():
    instances = [dict(instance, stats={}) for instance in recorded.INSTANCES]
    names = {key[0] for key in parsed(recorded.report(instances=instances))}
    assert "openvip_vrrp_state" in names and "openvip_vrrp_adverts_sent_total" not in names


@pytest.mark.parametrize("metric", families.METRICS, ids=[metric.name for metric in families.METRICS])
def test_names_follow_the_conventions_of_prometheus(metric):
    assert re.fullmatch(r"openvip_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == families.COUNTER)
    assert metric.help.endswith(".") and "\n" not in metric.help


def test_no_name_is_there_twice():
    names = [metric.name for metric in families.METRICS]
    assert len(names) == len(set(names))
