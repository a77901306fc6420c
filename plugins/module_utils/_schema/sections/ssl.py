# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of the block SSL: what SSL_GET shows to the real servers (data only)."""

from __future__ import annotations

from ..row import PATH, STRING, Row, Section

SECTION = Section(
    "SSL",
    (
        Row("password", STRING, "Password of the private key.", secret=True),
        Row("ca", PATH, "File with the certificates of the authorities that are trusted."),
        Row("certificate", PATH, "File with the certificate that is shown."),
        Row("key", PATH, "File with the private key of that certificate."),
    ),
)
