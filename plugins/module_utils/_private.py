# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules among whose options there may be secrets that no option name tells.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Set


def private(kind: Any, secrets: Callable[[Dict[str, Any]], Set[str]]) -> Any:
    """Return the class of a module that shows no secret: neither in what it returns nor in the log of the host.

    C(no_log) of an option hides its value as a whole. Here it is a part of a text that is a secret (C(auth_pass) among
    raw lines), or another option that says whether it is one (the permissions of a file). And what C(no_log) hides
    Ansible finds in its log of the options only where it has one line.

    :param kind: C(AnsibleModule).
    :param secrets: returns the secrets among the options that it is given, which may have any shape.
    """

    class PrivateModule(kind):
        """A module that shows no secret."""

        def _log_invocation(self):
            self.log("Invoked")

        def exit_json(self, **result):
            """End the module well."""
            self.no_log_values.update(secrets(self.params))
            super().exit_json(**result)

        def fail_json(self, msg, **result):
            """End the module with a message, also before its options have been checked."""
            self.no_log_values.update(secrets(self.params))
            super().fail_json(msg, **result)

    return PrivateModule
