#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
#
# The check of the same walk-through, with its spelling: it would start nginx, and stop keepalived when that is no use.
if [ "$(ps -C nginx --no-header | wc -l)" -eq 0 ]; then
    systecmctl start nginx
fi

sleep 2
if [ "$(ps -C nginx --no-header | wc -l)" -eq 0 ]; then
    systecmctl stop keepalived
fi
