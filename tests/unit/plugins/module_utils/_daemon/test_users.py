# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that are to run scripts."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import missing


@pytest.mark.parametrize("data, expected", [
    ({}, []),
    ({"global_defs": {"script_user": "root"}, "vrrp_script": [{"user": "root root"}]}, []),
    ({"global_defs": {"script_user": "no_such_user"}}, ["no_such_user"]),
    ({"global_defs": {"script_user": "root no_such_group"}}, ["no_such_group"]),
    ({"vrrp_script": [{"user": "no_such_user"}, {"user": "no_such_user"}, {}]}, ["no_such_user"]),
])
def test_users_and_groups_that_do_not_exist_are_named_once(data, expected):
    assert missing(data) == expected
