# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the election: state, priority, preemption, intervals and the virtual router's number.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import List, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import OWNER_PRIORITY, Block, Configuration, addresses, family, is_strict, priority, vrrp_version
from .registry import Said, rule

# Advert intervals of version 3 are sent in hundredths of a second in 12 bits (RFC 5798 section 5.2.7).
V3_STEPS_PER_SECOND = 100
V3_LONGEST = 40.95


@rule("nopreempt-master", ERROR, "keepalived drops nopreempt from an instance with state MASTER.", "vrrp/vrrp.c:3111")
def nopreempt_master(_configuration: Configuration, instance: Block) -> Said:
    if instance.has("nopreempt") and instance.get("state") == "MASTER":
        yield ("nopreempt has no effect with state MASTER: keepalived drops it, and the host preempts.",
               "Set state to BACKUP on all hosts; the priority decides who begins.", "nopreempt")


@rule("preempt-delay-master", ERROR, "keepalived drops preempt_delay from an instance with state MASTER.",
      "vrrp/vrrp.c:3118")
def preempt_delay_master(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("preempt_delay") and instance.get("state") == "MASTER":
        yield ("preempt_delay has no effect with state MASTER: keepalived drops it.",
               "Set state to BACKUP on all hosts; the priority decides who begins.", "preempt_delay")


@rule("preempt-delay-nopreempt", WARNING, "keepalived resets preempt_delay of an instance with nopreempt.",
      "vrrp/vrrp.c:3132")
def preempt_delay_nopreempt(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("preempt_delay") and instance.has("nopreempt"):
        yield "preempt_delay has no effect with nopreempt.", "Remove one of the two.", "preempt_delay"


@rule("preempt-and-nopreempt", WARNING, "Of preempt and nopreempt the later line counts.", "vrrp/vrrp_parser.c, run")
def preempt_and_nopreempt(_configuration: Configuration, instance: Block) -> Said:
    if instance.has("preempt") and instance.has("nopreempt"):
        yield "preempt and nopreempt contradict each other.", "Remove one of the two.", "preempt"


@rule("nopreempt-owner", WARNING, "keepalived resets nopreempt of an instance with priority 255.", "vrrp/vrrp.c:3101")
def nopreempt_owner(_configuration: Configuration, instance: Block) -> Said:
    if instance.has("nopreempt") and instance.get("priority") == OWNER_PRIORITY:
        yield "nopreempt has no effect with priority 255: the owner always takes its addresses.", \
              "Set priority to 254 or less.", "nopreempt"


@rule("timer-expired-backup-preempt", WARNING, "keepalived resets timer_expired_backup unless nopreempt is set.",
      "run of 2.3.3: config test, dump of the configuration")
def timer_expired_backup_preempt(_configuration: Configuration, instance: Block) -> Said:
    """A master that ran too late stays master then."""
    if instance.get("timer_expired_backup") and instance.lacks("nopreempt"):
        yield "timer_expired_backup has no effect without nopreempt.", "Add nopreempt, or remove it.", \
              "timer_expired_backup"


@rule("owner-ignore-adverts-off", ERROR, "keepalived 2.3.3 switches owner_ignore_adverts off of an owner on.",
      "run of 2.3.3: config test, dump of the configuration")
def owner_ignore_adverts_off(_configuration: Configuration, instance: Block) -> Said:
    """It says that strict mode requires it, without strict mode too. vrrp_owner_ignore_adverts off is taken."""
    if instance.get("owner_ignore_adverts") is False and priority(instance) == OWNER_PRIORITY:
        yield "owner_ignore_adverts off switches it on with priority 255.", \
              "Remove it; without strict mode and vrrp_owner_ignore_adverts the owner heeds adverts.", \
              "owner_ignore_adverts"


@rule("owner-ignore-adverts-alone", WARNING, "keepalived ignores owner_ignore_adverts unless the priority is 255.",
      "run of 2.3.3: config test, dump of the configuration")
def owner_ignore_adverts_alone(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("owner_ignore_adverts") and priority(instance) not in (OWNER_PRIORITY, None):
        yield f"owner_ignore_adverts has no effect with priority {priority(instance)}.", \
              "Remove it, or set priority to 255.", "owner_ignore_adverts"


@rule("master-without-priority", ERROR, "keepalived gives state MASTER without a priority the priority 255.",
      "vrrp/vrrp.c:2905")
def master_without_priority(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("state") == "MASTER" and instance.lacks("priority"):
        yield ("state MASTER without priority means priority 255: the host always preempts and ignores all weights.",
               "Set priority, 254 at most.", "state")


@rule("strict-master", ERROR, "keepalived turns MASTER into BACKUP in strict mode unless the priority is 255.",
      "vrrp/vrrp.c:2917")
def strict_master(configuration: Configuration, instance: Block) -> Said:
    if is_strict(configuration, instance) and instance.get("state") == "MASTER" and \
            priority(instance) not in (OWNER_PRIORITY, None):
        yield "vrrp_strict allows state MASTER only with priority 255.", \
              "Remove vrrp_strict, or set state to BACKUP.", "state"


@rule("interface-missing", ERROR, "keepalived ends when an instance has no interface.", "vrrp/vrrp.c:2318")
def interface_missing(configuration: Configuration, instance: Block) -> Said:
    # From 2.2.8 on, unicast needs none when every address says where it belongs.
    is_needed = configuration.version is not None and configuration.version < (2, 2, 8)
    if instance.has("unicast_peer") and not is_needed:
        is_needed = not all(address.device for address in addresses(instance))
    else:
        is_needed = True
    if is_needed and instance.lacks("interface"):
        yield "interface is missing and keepalived would not start.", "Set it to the interface that holds the address."


@rule("interface-loopback", ERROR, "keepalived refuses the loopback interface and ends.", "vrrp/vrrp_parser.c:812")
def interface_loopback(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("interface") == "lo":
        yield "the loopback interface cannot run VRRP and keepalived would not start.", \
              "Set interface to the one that reaches the other hosts.", "interface"


@rule("interface-not-on-host", ERROR, "keepalived ends when an interface does not exist, unless dynamic_interfaces.",
      "vrrp/vrrp_daemon.c:526")
def interface_not_on_host(configuration: Configuration, instance: Block) -> Said:
    name = instance.get("interface")
    if name and configuration.lacks_interface(name):
        yield f"the host has no interface {name} and keepalived would not start.", \
              configuration.known_interfaces(), "interface"


@rule("duplicate-virtual-router", ERROR, "keepalived ends when two instances are the same virtual router.",
      "vrrp/vrrp.c:4394")
def duplicate_virtual_router(configuration: Configuration, instance: Block) -> Said:
    routers = configuration.index("routers", "vrrp_instance", _routers)
    for other in (routers[router][0] for router in _routers(instance)):
        if other is not instance:
            number = instance.get("virtual_router_id")
            yield (f"virtual_router_id {number} is that of vrrp_instance {other.name} on the same interface.",
                   "Give each instance a number of its own.", "virtual_router_id")
            return


def _routers(instance: Block) -> List[Tuple[object, ...]]:
    """Return what tells virtual routers of a host apart: whose adverts they hear, of one group or of each peer."""
    router = (instance.get("virtual_router_id"), instance.get("interface"), family(instance))
    peers = list(dict.fromkeys(words[0] for words in instance.lines("unicast_peer")))
    return [(*router, "peer", peer) for peer in peers] or [(*router, "group", instance.get("mcast_dst_ip"))]


@rule("advert-int-not-whole", ERROR, "keepalived rounds advert_int to whole seconds with VRRP version 2.",
      "vrrp/vrrp.c:3268")
def advert_int_not_whole(configuration: Configuration, instance: Block) -> Said:
    interval = instance.get("advert_int", 1)
    if vrrp_version(configuration, instance) == 2 and interval != int(interval):
        yield (f"advert_int {interval} needs VRRP version 3: version 2 takes whole seconds only.",
               "Set version to 3 on all hosts, or advert_int to a whole number.", "advert_int")


@rule("advert-int-step", WARNING, "keepalived rounds advert_int to hundredths of a second with VRRP version 3.",
      "vrrp/vrrp.c:3290, RFC 5798 section 5.2.7")
def advert_int_step(configuration: Configuration, instance: Block) -> Said:
    interval = instance.get("advert_int", 1)
    steps = round(interval * V3_STEPS_PER_SECOND, 6)
    if vrrp_version(configuration, instance) == 3 and steps != int(steps):
        yield f"advert_int {interval} is no multiple of 0.01 seconds and is rounded.", \
              f"Set it to {max(int(steps), 1) / V3_STEPS_PER_SECOND}.", "advert_int"


@rule("advert-int-too-long", ERROR, "keepalived cuts advert_int to 40.95 seconds with VRRP version 3.",
      "vrrp/vrrp.c:3281, RFC 5798 section 5.2.7")
def advert_int_too_long(configuration: Configuration, instance: Block) -> Said:
    interval = instance.get("advert_int", 1)
    if vrrp_version(configuration, instance) == 3 and interval > V3_LONGEST:
        yield f"advert_int {interval} is longer than VRRP version 3 can say (40.95 seconds).", \
              "Set it to 40.95 or less, or version to 2.", "advert_int"


@rule("version-2-with-ipv6", WARNING, "keepalived ignores version 2 of an instance with IPv6 addresses.",
      "vrrp/vrrp_parser.c:1857")
def version_2_with_ipv6(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("version") == 2 and family(instance) == 6:
        yield "version 2 knows no IPv6 and is ignored.", "Set version to 3.", "version"


@rule("down-timer-adverts-low", WARNING, "A backup takes over as soon as one advert is lost.",
      "vrrp/vrrp_parser.c:1328")
def down_timer_adverts_low(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("down_timer_adverts") == 1:
        yield "down_timer_adverts 1: one lost advertisement triggers a failover.", \
              "Set it to 3, and advert_int to a third to keep the failover time.", "down_timer_adverts"
