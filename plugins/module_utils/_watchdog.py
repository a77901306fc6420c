# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A script on a host that undoes what was done there, by a timer of systemd if nobody else runs it in time.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os


def arm(module, unit, path, text, seconds):
    """Write the script I(text) to I(path), and have systemd call it with the word C(expired) after some seconds.

    :param unit: the name of the timer, without a suffix; a failed one of that name is no hindrance.
    :return: nothing, or why there is no watchdog, and no script then.
    """
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    # collected when it has failed, too (systemd-run(1)), or the name would not be free again
    code, dummy, errors = module.run_command([
        "systemd-run", "--quiet", "--collect", "--unit=" + unit, "--on-active=%ds" % seconds,
        "--timer-property=AccuracySec=100ms", "/bin/sh", path, "expired"])
    if code == 0:
        return None
    os.unlink(path)
    return "systemd-run failed: %s" % errors.strip()


def run(module, unit, path):
    """Run the script now, and then disarm the timer, in this order lest the host be left alone with what is done.

    :return: the exit code of the script and what it printed.
    """
    code, output, errors = module.run_command(["/bin/sh", path])
    module.run_command(["systemctl", "stop", unit + ".timer"])
    return code, (output + errors).strip()
