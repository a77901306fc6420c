# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a script that undoes something and verifies that it is undone, see C(timed_undo).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import json
import shlex
from typing import Any, Dict, Iterable, Sequence

#: Where root's programs are, those of the system first.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
#: Seconds to wait for another call of the script, and for how long one call tries.
LOCK, LIMIT = 60, 40

# Checks fail where they cannot ask: what is not known is not undone. A program of a check has 5 seconds, one that
# undoes something has what is left of LIMIT; none inherits the lock.
FUNCTIONS = r"""
now() { read -r now rest </proc/uptime; now=${now%.*}; }
ask() { timeout -k 1 5 "$@" </dev/null 2>&1 9>&-; }
try() { now; [ "$now" -lt "$end" ] && timeout -k 2 "$((end - now))" "$@" </dev/null 2>&1 9>&-; }
contains() { case $1 in *"$2"*) return 0 ;; esac; return 1; }

# family, name, and a text that only a table of ours has
table_absent() {
    list=$(ask nft list tables "$1") || return 1
    contains "$newline$list$newline" "${newline}table $1 $2$newline" || return 0
    list=$(ask nft list table "$1" "$2") && ! contains "$list" "$3"
}
# iptables or ip6tables, chain, and a text that only a rule of ours has
rule_absent() { list=$(ask "$1" --wait 3 --list-rules "$2") && ! contains "$list" "$3"; }
# interface, address/prefix length
address_absent() { list=$(ask ip -oneline address show dev "$1") && ! contains "$list " " $2 "; }
address_present() { list=$(ask ip -oneline address show dev "$1") && contains "$list " " $2 "; }
# -4 or -6, and the route as ip prints it, without what changes by itself
route_present() {
    list=$(ask ip "$1" -oneline route show table all) || return 1
    list=$(printf '%s\n' "$list" | sed -E -e 's/[\\[:space:]]+/ /g' -e 's/ expires -?[0-9]+sec//' -e 's/ $//' \
        -e 's/ (linkdown|dead|offload|trap|rt_offload|rt_trap)\b//g')
    contains "$newline$list$newline" "$newline$2$newline"
}
# interface
link_up() { flags=$(cat "/sys/class/net/$1/flags" 2>&1) && [ "$((flags & 1))" = 1 ]; }
# unit
unit_active() { ask systemctl --quiet is-active "$1" >/dev/null; }
# file, and the value that was written to it; another value is somebody else's
setting_absent() { [ ! -e "$1" ] || { list=$(cat "$1" 2>&1) && [ "$list" != "$2" ]; }; }
# file, former value
set_value() { printf '%s\n' "$2" >"$1"; }
# process:start, which is stopped; the fields of proc(5) after the name of the program, from the third on
stopped() {
    list=$(cat "/proc/${1%:*}/stat" 2>/dev/null) || return 1
    set -- "$1" ${list##*) }
    [ "$2" = T ] && [ "${21}" = "${1#*:}" ]
}
# processes
all_run() { for each; do ! stopped "$each" || return 1; done; }
wake() { for each; do ! stopped "$each" || kill -CONT "${each%:*}"; done; }
"""
NAMES = ("wake", "set_value")

HEAD = r"""#!/bin/sh
# %(header)s
# Undoes that step by step until the check of each step holds, then removes itself. Harmless at any time.
PATH=%(path)s
LC_ALL=C
export PATH LC_ALL
umask 077
self=%(self)s
newline='
'
exec 9>>"$self.lock" || exit 75
flock -w %(lock)d 9 || { echo "Another run of $self has not ended."; exit 75; }
# undone meanwhile, and perhaps there is another script in this place
grep -qF %(token)s "$self" 2>/dev/null || exit 0
"""

# number of the step, number of the check and its remedy, what is in force
TAIL = r"""
attempt() {
    grep -qx "$1" "$self.begun" 2>/dev/null || return 0
    "holds_$2" && return 0
    left="$left${left:+, }$3"
    "undo_$2"
}
all() {
    left=''
%(attempts)s
}
leave() { [ "$1" != expired ] || %(leave)s; }

now
end=$((now + %(limit)d))
# At least two rounds: what has just been started may end at once.
round=1
while all; [ -n "$left" ] || [ "$round" = 1 ]; do
    now
    if [ "$now" -ge "$end" ]; then
        leave "$1"
        echo "Not undone: $left."
        exit 1
    fi
    if [ "$round" = 1 ]; then sleep 0.2 || sleep 1; else sleep 1; fi
    round=$((round + 1))
done
leave "$1"
rm -f "$self.begun" "$self.done" "$self.new"
rm -f "$self" || exit 1
timeout -k 2 10 systemctl stop %(timer)s 9>&-
exit 0
"""


def _line(words: Iterable[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)


def render(path: str, unit: str, header: Dict[str, Any], undos: Sequence[Any], files: Sequence[str]) -> str:
    """Return the script.

    :param path: its own path.
    :param unit: the timer that calls it, without suffix.
    :param header: C(name), C(token); the second line has them as JSON.
    :param undos: see C(timed_undo.Undo).
    :param files: what it removes when it is called with the argument C(expired), as the timer does.
    """
    parts = [HEAD % {"header": json.dumps(header), "path": PATH, "self": shlex.quote(path), "lock": LOCK,
                     "token": shlex.quote('"token": "%s"' % header["token"])}, FUNCTIONS]
    attempts = []
    for number, undo in enumerate(undos):
        commands = "; ".join(_line(words if words[0] in NAMES else ["try", *words]) for words in undo.commands)
        parts.append("holds_%d() { %s; }\nundo_%d() { %s; }\n" % (number, _line(undo.check), number, commands))
        attempts.append("    attempt %d %d %s" % (undo.step, number, shlex.quote(undo.what)))
    parts.append(TAIL % {"attempts": "\n".join(attempts) or "    :", "limit": LIMIT,
                         "leave": _line(["rm", "-f", *files]) if files else ":", "timer": shlex.quote(unit + ".timer")})
    return "".join(parts)
