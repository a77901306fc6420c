# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import tempfile

from ansible import constants
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.plugin_utils._archive import archive

PROGRAM = "_metrics.program"


class ActionModule(ActionBase):
    """Make the program on the controller, and copy it as M(ansible.builtin.copy) copies a file."""

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        dummy, options = self.validate_argument_spec({"path": {"type": "path", "required": True}})
        descriptor, source = tempfile.mkstemp(suffix=".pyz", dir=constants.DEFAULT_LOCAL_TMP)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(archive(PROGRAM))
            task = self._task.copy()
            task.args = {"src": source, "dest": options["path"], "owner": "root", "group": "root", "mode": "0644"}
            copy = self._shared_loader_obj.action_loader.get(
                "ansible.builtin.copy", task=task, connection=self._connection, play_context=self._play_context,
                loader=self._loader, templar=self._templar, shared_loader_obj=self._shared_loader_obj)
            return copy.run(task_vars=task_vars)
        finally:
            os.unlink(source)
