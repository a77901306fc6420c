# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics, and from what was found on a host to their values.

Labels are keepalived's own words. An instance is C(vrrp_instance), because C(instance) is Prometheus' own label for
the host that it asks.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.state import STATES
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import pools
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.exposition import Metric, Sample
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.host import PARTS, Report

GAUGE, COUNTER = "gauge", "counter"

UP = Metric("openvip_keepalived_up", GAUGE, "Whether keepalived runs.")
BUILD = Metric("openvip_keepalived_info", GAUGE, "The version of the installed keepalived; always 1.")
INSTANCE = Metric("openvip_vrrp_instance_info", GAUGE, "The interface and the number of a vrrp_instance; always 1.")
STATE = Metric("openvip_vrrp_state", GAUGE, "1 for the state that a vrrp_instance is in, 0 for the others.")
PRIORITY = Metric("openvip_vrrp_priority", GAUGE, "The configured priority, 1 to 255.")
EFFECTIVE = Metric("openvip_vrrp_effective_priority", GAUGE, "The priority after the weights of what is tracked.")
CHANGED = Metric("openvip_vrrp_last_transition_timestamp_seconds", GAUGE, "When the state changed last, since 1970.")
TRANSITIONS = Metric("openvip_vrrp_transitions_total", COUNTER,
                     "How often a vrrp_instance became and ceased to be the master since keepalived was started.")
SENT = Metric("openvip_vrrp_adverts_sent_total", COUNTER, "Advertisements sent since keepalived was started.")
RECEIVED = Metric("openvip_vrrp_adverts_received_total", COUNTER, "Advertisements received since the same time.")
ERRORS = Metric("openvip_vrrp_packet_errors_total", COUNTER,
                "Advertisements that were refused, by keepalived's name for the reason.")
RELEASES = Metric("openvip_vrrp_priority_zero_total", COUNTER,
                  "Advertisements with priority 0, by which a master gives the addresses away.")
HELD = Metric("openvip_vrrp_address_held", GAUGE,
              "Whether a virtual address is on an interface of this host, whatever keepalived says.")
TRACKED_GOOD = Metric("openvip_vrrp_tracked_good", GAUGE,
                      "Whether what is tracked neither lowers the priority nor keeps the vrrp_instance in FAULT.")
TRACKED_VALUE = Metric("openvip_vrrp_tracked_file_value", GAUGE, "The number in a tracked file.")
TRACKED_WEIGHT = Metric("openvip_vrrp_tracked_weight", GAUGE, "The weight of what is tracked for a vrrp_instance.")

IPVS_UP = Metric("openvip_ipvs_available", GAUGE, "Whether the kernel has IPVS loaded.")
IPVS_SYNC = Metric("openvip_ipvs_sync_daemon", GAUGE, "The daemons that send or take connections; always 1.")
USABLE = Metric("openvip_ipvs_usable_real_servers", GAUGE,
                "How many real servers have a weight above 0, without the sorry server.")
GOOD = Metric("openvip_ipvs_real_server_up", GAUGE,
              "Whether a real server gets connections, for each that is to get some by keepalived.conf.")
SORRY = Metric("openvip_ipvs_sorry_server_used", GAUGE,
               "Whether the sorry server answers in place of all real servers.")
WEIGHT = Metric("openvip_ipvs_real_server_weight", GAUGE, "The weight of a real server.")
ACTIVE = Metric("openvip_ipvs_real_server_active_connections", GAUGE, "Connections that are established.")
INACTIVE = Metric("openvip_ipvs_real_server_inactive_connections", GAUGE,
                  "Connections in any other state that are not forgotten yet.")
# The counters of a virtual server and of a real server, by their names in ipvs_info.
COUNTED = {
    "connections": "Connections since it was set up.",
    "packets_in": "Packets from clients.",
    "packets_out": "Packets to clients, as far as they pass this host.",
    "bytes_in": "Bytes from clients.",
    "bytes_out": "Bytes to clients, as far as they pass this host.",
}
VIRTUAL = {name: Metric("openvip_ipvs_virtual_server_%s_total" % name, COUNTER, about)
           for name, about in COUNTED.items()}
REAL = {name: Metric("openvip_ipvs_real_server_%s_total" % name, COUNTER, about) for name, about in COUNTED.items()}

SUCCESS = Metric("openvip_collector_success", GAUGE, "Whether a part of the last collection could be read.")
COLLECTED = Metric("openvip_collector_timestamp_seconds", GAUGE, "When this was collected, since 1970.")
DURATION = Metric("openvip_collector_duration_seconds", GAUGE, "How long the collection took.")

SPLIT = Metric("openvip_split_brain", GAUGE, "Whether another card claims an address that this host holds.")
SPLITS = Metric("openvip_split_brains_total", COUNTER, "How often that began since the watcher was started.")
WATCHED = Metric("openvip_watcher_timestamp_seconds", GAUGE, "When the watcher has asked last, since 1970.")

METRICS = (UP, BUILD, INSTANCE, STATE, PRIORITY, EFFECTIVE, CHANGED, TRANSITIONS, SENT, RECEIVED, ERRORS, RELEASES,
           HELD, TRACKED_GOOD, TRACKED_VALUE, TRACKED_WEIGHT, IPVS_UP, IPVS_SYNC, USABLE, GOOD, SORRY, WEIGHT, ACTIVE,
           INACTIVE, *VIRTUAL.values(), *REAL.values(), SUCCESS, COLLECTED, DURATION, SPLIT, SPLITS, WATCHED)

# vrrp/vrrp_json.c: the counters that have a metric of their own; all others are refused packets.
KNOWN_COUNTERS = ("advert_rcvd", "advert_sent", "become_master", "release_master", "pri_zero_rcvd", "pri_zero_sent")
# An instance that is being deleted is never told of.
SHOWN_STATES = [name for name in STATES.values() if name != "DELETED"]


def _counters(labels: Dict[str, str], stats: Dict[str, int]) -> Iterator[Sample]:
    if not stats:
        return
    for name in ("become_master", "release_master"):
        yield Sample(TRANSITIONS, dict(labels, transition=name), stats[name])
    yield Sample(SENT, labels, stats["advert_sent"])
    yield Sample(RECEIVED, labels, stats["advert_rcvd"])
    for name, direction in (("pri_zero_rcvd", "received"), ("pri_zero_sent", "sent")):
        yield Sample(RELEASES, dict(labels, direction=direction), stats[name])
    for name, value in stats.items():
        if name not in KNOWN_COUNTERS:
            yield Sample(ERRORS, dict(labels, error=name), value)


def _instance(instance: Dict[str, Any], tracked: Optional[List[Dict[str, Any]]]) -> Iterator[Sample]:
    labels = {"vrrp_instance": instance["name"]}
    yield Sample(INSTANCE, dict(labels, interface=instance["interface"],
                                virtual_router_id=str(instance["virtual_router_id"])), 1)
    for name in SHOWN_STATES:
        yield Sample(STATE, dict(labels, state=name), instance["state"] == name)
    yield Sample(PRIORITY, labels, instance["priority"])
    yield Sample(EFFECTIVE, labels, instance["effective_priority"])
    yield Sample(CHANGED, labels, instance["last_transition"])
    yield from _counters(labels, instance["stats"])
    for entry in tracked or []:
        about = dict(labels, track=entry["track"], name=entry["name"])
        yield Sample(TRACKED_GOOD, about, entry["good"])
        yield Sample(TRACKED_WEIGHT, about, entry["weight"])
        if entry["track"] == "track_file":
            yield Sample(TRACKED_VALUE, about, int(entry["status"]))


def _service(server: Dict[str, Any]) -> Dict[str, str]:
    if server["fwmark"] is not None:
        return {"fwmark": str(server["fwmark"]), "ip_family": server["ip_family"]}
    return {"ip": server["ip"], "port": str(server["port"]), "protocol": server["protocol"]}


def _pool(config: Dict[str, Any], server: Dict[str, Any]) -> Iterator[Sample]:
    labels = _service(server)
    pool = pools.pool(config, server)
    yield Sample(USABLE, labels, len(pools.usable(pool, server)))
    if pool is None:
        return
    failed = pools.failed(pool, server)
    for (address, port), weight in pool.weights.items():
        if weight > 0:
            yield Sample(GOOD, dict(labels, real_ip=address, real_port=str(port)), (address, port) not in failed)
    if pool.sorry is not None:
        yield Sample(SORRY, labels, pools.is_on_sorry_server(pool, server))


def _ipvs(table: Dict[str, Any], config: Dict[str, Any]) -> Iterator[Sample]:
    yield Sample(IPVS_UP, {}, table["available"])
    for daemon in table["lvs_sync_daemon"]:
        about = {"state": daemon["state"], "interface": daemon["interface"], "id": str(daemon["id"])}
        yield Sample(IPVS_SYNC, about, 1)
    for server in table["virtual_server"]:
        labels = _service(server)
        yield from _pool(config, server)
        for name, metric in VIRTUAL.items():
            yield Sample(metric, labels, server["stats"][name])
        for real in server["real_server"]:
            about = dict(labels, real_ip=real["ip"], real_port=str(real["port"]))
            yield Sample(WEIGHT, about, real["weight"])
            yield Sample(ACTIVE, about, real["active_connections"])
            yield Sample(INACTIVE, about, real["inactive_connections"])
            for name, metric in REAL.items():
                yield Sample(metric, about, real["stats"][name])


def samples(report: Report, now: float, duration: float) -> Iterator[Sample]:
    """Yield the values of all that was found. What is not known has no value.

    :param now: seconds since 1970.
    :param duration: of the collection, in seconds.
    """
    yield Sample(UP, {}, report.running)
    if report.version:
        yield Sample(BUILD, {"version": report.version}, 1)
    for instance in report.instances or []:
        yield from _instance(instance, (report.tracked or {}).get(instance["name"]))
    if report.held is not None:
        for name, addresses in report.virtual.items():
            for address in addresses:
                yield Sample(HELD, {"vrrp_instance": name, "address": str(address)}, address in report.held)
    if report.ipvs is not None:
        yield from _ipvs(report.ipvs, report.config)
    for part in PARTS:
        yield Sample(SUCCESS, {"part": part}, part not in report.errors)
    yield Sample(COLLECTED, {}, now)
    yield Sample(DURATION, {}, duration)
