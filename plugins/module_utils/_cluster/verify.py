# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judgement on whole clusters: from the data of all their hosts to what is wrong, and what nobody has seen.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import (
    Cluster,
    Member,
    lint_clusters,
    names,
)
from ansible_collections.openvip.cluster.plugins.module_utils._lint.report import SEVERITIES, summary
from ansible_collections.openvip.cluster.plugins.module_utils._module import judge
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

# What derive() says because of facts that are not there: they were not seen, which is no fault of the cluster.
FOR_WANT_OF_FACTS = ("unicast-peer-unknown", "facts-missing")


class Host(NamedTuple):
    """One host of a group: what is known of it, and what stands against making its data (then C(member.data) is none
    that can be compared)."""

    member: Member
    refused: Sequence[Finding] = ()


class Group(NamedTuple):
    """The hosts of one cluster.

    ``real_servers``: by the name of a real server what has to be done to prepare it, C(None) when nobody has looked.
    ``unreached``: the names of the members and real servers that were not reached.
    """

    name: str
    hosts: Sequence[Host]
    real_servers: Optional[Dict[str, Sequence[str]]] = None
    unreached: Sequence[str] = ()


class Unseen(NamedTuple):
    """What could not be seen of which hosts, and how it can be."""

    group: str
    hosts: List[str]
    what: str
    remedy: str

    def __str__(self) -> str:
        return "%s of %s: %s" % (self.what, names(self.hosts), self.remedy)


class Verdict(NamedTuple):
    """The findings, errors first, and what was not seen."""

    findings: List[Finding]
    not_seen: List[Unseen]

    def joined(self, findings: Sequence[Finding]) -> Verdict:
        """Return the verdict with more findings."""
        return self._replace(findings=sorted(
            [*self.findings, *findings], key=lambda finding: SEVERITIES.index(finding.severity)))


def verify(groups: Sequence[Group], judged: Iterable[str], alone: bool = True, clock_tolerance: float = 2.0,
           failover_limit: Optional[float] = None) -> Verdict:
    """Return the verdict on clusters.

    :param groups: the clusters, those of the inventory that are only held against the others among them.
    :param judged: the names of the groups to judge.
    :param alone: whether the rules for a single host are applied to each of them, too.
    :param clock_tolerance: seconds that a clock may differ from the controller's.
    :param failover_limit: seconds that a failover may take in the worst case; C(None) for any.
    """
    judged = list(judged)
    findings: List[Finding] = []
    not_seen: List[Unseen] = []
    clusters = []
    for group in groups:
        clusters.append(cluster(group, clock_tolerance, failover_limit))
        if group.name in judged:
            findings += _together(group.name, {host.member.name: _alone(host, alone) for host in group.hosts})
            not_seen += _not_seen(group, clusters[-1])
    findings += lint_clusters(clusters, judged)
    return Verdict([], not_seen).joined(findings)


def cluster(group: Group, clock_tolerance: float = 2.0, failover_limit: Optional[float] = None) -> Cluster:
    """Return a group as the rules look at it: with the members of which data could be made."""
    return Cluster([host.member for host in group.hosts if not _errors(host)], group.name,
                   [host.member for host in group.hosts if _errors(host)], group.real_servers, clock_tolerance,
                   failover_limit)


def _errors(host: Host) -> List[Finding]:
    return [finding for finding in host.refused if finding.id not in FOR_WANT_OF_FACTS]


def _alone(host: Host, wanted: bool) -> List[Finding]:
    """Return what is wrong with one host, whoever the others are.

    Without facts nothing can be derived from them, so what is missing says nothing.
    """
    if host.refused or not wanted or host.member.facts is None:
        return _errors(host)
    return judge(host.member.data, host.member.version, host.member.facts)


def _together(group: str, by_host: Dict[str, List[Finding]]) -> List[Finding]:
    """Return the findings of single hosts, those that several hosts have once."""
    found: Dict[Finding, List[str]] = {}
    for host, findings in by_host.items():
        for finding in findings:
            hosts = found.setdefault(finding, [])
            if host not in hosts:
                hosts.append(host)
    return [finding._replace(object="%s of %s" % (finding.object, group), hosts=sorted(hosts))
            for finding, hosts in found.items()]


def _not_seen(group: Group, cluster: Cluster) -> List[Unseen]:
    def unseen(lacks: Any, what: str, remedy: str) -> None:
        hosts = [member.name for member in members if lacks(member)]
        if hosts:
            found.append(Unseen(group.name, hosts, what, remedy))

    found: List[Unseen] = []
    if group.unreached:
        found.append(Unseen(group.name, list(group.unreached), "everything but its definition",
                            "it was not reached; run openvip.cluster.preflight again when it is."))
    hosts = [host for host in group.hosts if host.member.name not in group.unreached]
    members = [host.member for host in hosts]
    refused = [host.member.name for host in group.hosts if _errors(host)]
    if refused:
        found.append(Unseen(group.name, refused, "how it fits the others",
                            "correct what is said of each of them first."))
    partly = [host.member.name for host in hosts if host.refused and host.member.name not in refused]
    if partly:
        found.append(Unseen(group.name, partly, "what follows from the facts of other hosts",
                            "gather facts of all hosts, real servers among them."))
    unseen(lambda member: member.facts is None, "interfaces and addresses",
           "gather facts, without --limit or with a fact cache.")
    unseen(lambda member: member.version is None, "the version of keepalived",
           "it is not installed, or nobody has asked for it; run openvip.cluster.preflight again when it is there.")
    unseen(lambda member: member.clock is None, "the clock", "run openvip.cluster.preflight.")
    unseen(lambda member: member.accepts is None, "what the firewall of the host lets in",
           "the role keepalived lets VRRP in where a firewall is in force; a firewall between the hosts must, too.")
    unseen(lambda member: member.wire is None, "strangers on the segment with its virtual_router_id or its address",
           "run openvip.cluster.preflight, without --limit.")
    if group.real_servers is None and any(
            configuration.blocks("virtual_server") for configuration in cluster.configurations.values()):
        unseen(lambda member: True, "whether the real servers are prepared", "run openvip.cluster.preflight.")
    return found


def line(finding: Finding) -> str:
    """Return a finding as one line: severity, object, what is wrong, the remedy, the rule."""
    return "%s: %s [%s]" % (finding.severity, finding, finding.id)


def table(verdict: Verdict, judged: Sequence[str]) -> List[str]:
    """Return the verdict for people: a row for each finding and for what was not seen, and a line that sums them up."""
    rows = [("SEVERITY", "HOSTS", "WHAT")]
    rows += [(finding.severity, names(finding.hosts or []), "%s [%s]" % (finding, finding.id))
             for finding in verdict.findings]
    rows += [("not seen", names(each.hosts), "%s: %s" % (each.what, each.remedy)) for each in verdict.not_seen]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = ["%-*s  %-*s  %s" % (widths[0], row[0], widths[1], row[1], row[2]) for row in rows]
    return (lines if len(rows) > 1 else []) + [summary(verdict.findings, ", ".join(judged))]
