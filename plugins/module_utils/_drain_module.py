# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What M(openvip.cluster.lvs_drain) does: real servers of one director are drained, or have their weight again.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils import _edit_drain
from ansible_collections.openvip.cluster.plugins.module_utils._edit_drain import Drained, Record, Restored
from ansible_collections.openvip.cluster.plugins.module_utils._edit_module import NOT_EDITED, refused
from ansible_collections.openvip.cluster.plugins.module_utils._info import remembered
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._module import Run, file_argument_spec

WORD = {"type": "str", "required": True}
BY = {"name": WORD, "by": WORD, "since": WORD}


def drain_argument_spec():
    """Return the argument specification of M(openvip.cluster.lvs_drain)."""
    return {
        "drained": {
            "type": "list", "elements": "dict", "required": True,
            "options": {**BY, "addresses": {"type": "list", "elements": "str", "required": True},
                        "remove": {"type": "bool", "default": False}},
        },
        "restored": {"type": "list", "elements": "dict", "default": [], "options": BY},
        "force": {"type": "bool", "default": False},
        **file_argument_spec(),
    }


def wanted(params):
    """Return the Record that the options of the module describe.

    :raises ValueError: a name or a time has a blank in it, which the file could not remember.
    """
    words = [each[key] for option in ("drained", "restored") for each in params[option] for key in BY]
    bad = [word for word in words if not word or word.split() != [word]]
    if bad:
        raise ValueError('"%s" is no single word. Give name, by and since without blanks.' % bad[0])
    return Record(
        tuple(Drained(each["name"], tuple(each["addresses"]), each["by"], each["since"], each["remove"])
              for each in params["drained"]),
        tuple(Restored(each["name"], each["by"], each["since"]) for each in params["restored"]))


def run_drain(module):
    """Bring the marks of the file to the options of the module, and the daemon to the file."""
    run = Run(module)
    path, version = module.params["path"], run.version
    with run.host():
        if run.before is None:
            run.fail(NOT_EDITED, ["%s does not exist, so the host is no director. Run openvip.cluster.lvs first."
                                  % path])
        text = run.before or ""
        try:
            edited = _edit_drain.apply(text, wanted(module.params), path)
        except ValueError as error:
            run.fail(NOT_EDITED, error.args)
        findings = lint_text(edited, path, version)
        run.result.update(remembered(edited))
        run.judged(findings, [str(each) for each in refused(lint_text(text, path, version), findings, None)])
        # keepalived complains of a service whose weights are all 0; nothing but weights differs here.
        run.bring(edited, {}, run.mode(), known=edited if run.params["force"] else text)
        run.finish([])
