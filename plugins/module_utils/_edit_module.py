# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules do that edit one block of a file.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from collections import Counter

from ansible_collections.openvip.cluster.plugins.module_utils import _edit
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import missing
from ansible_collections.openvip.cluster.plugins.module_utils._edit_block import EditError
from ansible_collections.openvip.cluster.plugins.module_utils._included import included
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._module import Run, file_argument_spec
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read_in_force
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import mask
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import (
    argument_spec,
    options_documentation,
)

# Keywords of keepalived whose names the modules need for themselves: keyword -> option.
OPTIONS = {"vrrp_instance": {"state": "initial_state"}}

NOT_EDITED = "The file is not edited and nothing was changed:"


def edit_argument_spec(section):
    """Return the argument specification of a module that edits a block of the section."""
    renamed = OPTIONS.get(section, {})
    keywords = {renamed.get(keyword, keyword): option for keyword, option in argument_spec(section).items()}
    return {**keywords, **file_argument_spec(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}


def edit_documentation(section):
    """Return the documentation of the options that are keywords of the section."""
    renamed = OPTIONS.get(section, {})
    return {renamed.get(keyword, keyword): option for keyword, option in options_documentation(section).items()}


def keywords_given(params, section):
    """Return what the options give of the data of the block."""
    renamed = OPTIONS.get(section, {})
    values = {keyword: value for keyword, value in params.items() if keyword not in renamed}
    values.update((keyword, params.get(option)) for keyword, option in renamed.items())
    return _edit.given_options(values, section)


def run_edit(module, section):
    """Bring one block of the file to the options of the module, and the daemon to the file."""
    run = Run(module)
    path, version = module.params["path"], run.version
    given = keywords_given(module.params, section)
    with run.host():
        _bring(run, section, path, version, given)


def _bring(run, section, path, version, given):
    """Edit the block of the file as it is now."""
    text = run.before or ""
    wanted = run.params["state"] == "present"
    try:
        if wanted:
            edited = _edit.present(text, path, section, given, version)
        else:
            edited = _edit.absent(text, path, section, given)
        if edited.before is None:
            _refuse_included(text, path, section, given)
    except ValueError as error:
        run.fail(NOT_EDITED, error.args)
    findings = lint_text(edited.text, path, version)
    users = missing(read_in_force(text))
    run.result.update(
        before=_edit.block(mask(text), path, section, given),
        after=_edit.block(mask(edited.text), path, section, given),
        missing_users=[user for user in missing(read_in_force(edited.text)) if user not in users])
    old = lint_text(text, path, version)
    run.judged(findings, [str(finding) for finding in refused(old, findings, edited.label if wanted else None)])
    expected = {section: [edited.after]} if edited.after and section == "vrrp_instance" else {}
    if run.before is None and not edited.text:
        run.finish(findings)
    run.bring(edited.text, expected, run.mode(), known=text)
    run.finish(findings)


def refused(old, new, label):
    """Return the errors that stand in the way: those about the block I(label), and those that the edit brought.

    :param old: the findings on the file as it was.
    :param new: the findings on the file as it would be.
    """
    known = Counter(_likeness(finding) for finding in old)
    found = []
    for finding in new:
        is_old = known[_likeness(finding)] > 0
        known[_likeness(finding)] -= 1
        is_own = label is not None and (finding.object == label or finding.object.startswith(label + " "))
        if finding.severity == ERROR and (is_own or not is_old):
            found.append(finding)
    return found


def _likeness(finding):
    """Return what makes two findings the same although the edit has moved lines."""
    return finding.id, finding.object, re.sub(r"\bline \d+", "line", finding.message)


def _refuse_included(text, path, section, given):
    """Raise EditError when the block is in a file that this one includes."""
    for name, content in included(text, path):
        found = _edit.line_of(content, name, section, given)
        if found is not None:
            raise EditError("%s is in %s:%d, which %s includes. Set path to that file."
                            % (_edit.label(section, given), name, found, path))
