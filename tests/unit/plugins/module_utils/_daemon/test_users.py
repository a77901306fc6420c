# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that are to run scripts."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import missing
from ansible_collections.openvip.cluster.plugins.module_utils._schema import entries, table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import SCRIPT_USER


def placed(path, value):
    """The data in which a keyword of a section has a value."""
    *blocks, keyword = path.split("/")
    data = {keyword: value}
    for place in range(len(blocks), 0, -1):
        row = table.find_block("/".join(blocks[:place]))
        data = {blocks[place - 1]: [data] if row.repeatable else data}
    return data


def named():
    """Iterate over data that names a user by each keyword of the table that takes one."""
    for section in table.sections():
        for row in table.rows(section).values():
            if row.type == SCRIPT_USER:
                yield placed(row.path, {"script": "/usr/bin/true", "user": "no_such_user"})
            elif row.entry is entries.USER:
                yield placed(row.path, "no_such_user")
            elif row.entry is entries.PATH_USER:
                yield placed(row.path, "/run/pipe no_such_user root")


NAMED = list(named())


def test_there_are_many_keywords_that_take_a_user():
    assert len(NAMED) >= 25
    assert {"virtual_server": [{"quorum_up": {"script": "/usr/bin/true", "user": "no_such_user"}}]} in NAMED
    assert {"virtual_server": [{"real_server": [{"MISC_CHECK": [{"user": "no_such_user"}]}]}]} in NAMED


@pytest.mark.parametrize("data, expected", [
    ({}, []),
    ({"global_defs": {"script_user": "root"}, "vrrp_script": [{"user": "root root"}]}, []),
    ({"global_defs": {"script_user": "no_such_user"}}, ["no_such_user"]),
    ({"global_defs": {"script_user": "root no_such_group"}}, ["no_such_group"]),
    ({"vrrp_script": [{"user": "no_such_user"}, {"user": "no_such_user"}, {}]}, ["no_such_user"]),
    *((data, ["no_such_user"]) for data in NAMED),
    ({"vrrp_instance": [{"notify": {"script": "/s", "user": "root", "group": "no_such_group"}}]}, ["no_such_group"]),
    # what a definition stands for, and a command line alone
    ({"vrrp_instance": [{"notify": {"script": "/s", "user": "$USER"}}, {"notify": "/s no_such_user"}]}, []),
    # what the check refuses
    ({"vrrp_instance": "text", "global_defs": {"script_user": ["no_such_user"]}, "vrrp_script": [None, 3]}, []),
])
def test_users_and_groups_that_do_not_exist_are_named_once(data, expected):
    assert missing(data) == expected
