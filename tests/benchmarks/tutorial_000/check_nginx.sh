#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
#
# The check of the same walk-through: it stops keepalived when no nginx process is there.
if ! killall -0 nginx; then
    /etc/init.d/keepalived stop
fi
