# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules whose options may contain secrets that no option name reveals.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Set


def private(kind: Any, secrets: Callable[[Dict[str, Any]], Set[str]]) -> Any:
    """Return the class of a module that shows no secret, neither in its result nor in the log of the host.

    C(no_log) hides the whole value of an option. Here the secret is only a part of a text (C(auth_pass) among raw
    lines), or another option decides whether a text is a secret (the permissions of a file). In addition, Ansible's log
    of the options hides a value of C(no_log) only if it has a single line.

    :param kind: C(AnsibleModule).
    :param secrets: returns the secrets among given options, which may have any shape.
    """

    class PrivateModule(kind):
        """A module that shows no secret."""

        def _log_invocation(self):
            self.log("Invoked")

        def exit_json(self, **result):
            """End the module with success."""
            self.no_log_values.update(secrets(self.params))
            super().exit_json(**result)

        def fail_json(self, msg, **result):
            """End the module with a failure, also before its options have been verified."""
            self.no_log_values.update(secrets(self.params))
            super().fail_json(msg, **result)

    return PrivateModule
