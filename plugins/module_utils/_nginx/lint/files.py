# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about the files that the workers open.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Optional

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from ..complete import DIRECTORY
from .model import Block, Configuration
from .registry import Said, rule

# ngx_event_core_module's DEFAULT_CONNECTIONS
_CONNECTIONS = "512"
_OTHERS_READ = 0o004
_LOGIN = "auth_basic_user_file"


@rule("nginx-connections-beyond-files", WARNING, "A connection is an open file.",
      "nginx.org/en/docs/ngx_core_module.html#worker_connections; ngx_event_module_init of src/event/ngx_event.c", "")
def connections_beyond_files(_configuration: Configuration, main: Block) -> Said:
    """A worker that may open fewer files than it may have connections refuses clients before. A request that is passed
    on takes two.
    """
    words = next((block.value("worker_connections") for block in main.blocks if block.kind == "events"), "")
    own = main.value("worker_rlimit_nofile")
    wanted = int(words or _CONNECTIONS) if (words or _CONNECTIONS).isdigit() else 0
    if own.isdigit() and wanted > int(own):
        yield (f"worker_connections is {wanted}, and by worker_rlimit_nofile a worker may open only {own} files.",
               f"Set worker_rlimit_nofile to at least {2 * wanted}.", "worker_rlimit_nofile")


@rule("nginx-login-file-unreadable", ERROR, "The workers read the file of names and passwords at each request.",
      "run: open() failed (13: Permission denied), and the answer is 403 or 500", "http/server", "http/server/location")
def login_file_unreadable(configuration: Configuration, block: Block) -> Said:
    """They do so as the user of the workers, not as root. What file writes is root's."""
    path = block.value(_LOGIN)
    user = (configuration.main.value("user").split() or [""])[0]
    if not path or "$" in path or user == "root":
        return
    readable = _is_readable(configuration, path, user)
    if readable is False:
        whom = f"{user}, the user of the workers," if user else "the user of the workers"
        yield (f"{whom} cannot read {path}.",
               'Give it the mode "0644", or a group of that user that may read it.', _LOGIN)


def _is_readable(configuration: Configuration, path: str, user: str) -> Optional[bool]:
    own = f"/{DIRECTORY}/"
    written = configuration.files.get(f"{DIRECTORY}/{path.partition(own)[2]}" if own in path else path)
    if written is not None:
        return bool(written.mode & _OTHERS_READ)
    return configuration.host.readable(path, user) if configuration.host and user else None
