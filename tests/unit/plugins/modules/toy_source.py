# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source archive of a toy: configured by a script with the manners of autoconf's, built by make, not compiled."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

CONFIGURE = r"""#!/bin/sh
for word in "$@"; do
    case $word in
        --help) printf '  --enable-json   write JSON\n  --enable-bfd    use BFD\n'; exit ;;
        --prefix=*) prefix=${word#--prefix=} ;;
        --enable-json | --enable-bfd | --with-words=*) ;;
        --enable-png) echo 'configure: error: libpng is required, but was not found' >&2; exit 1 ;;
        --enable-*) unknown="$unknown $word" ;;
    esac
done
warn() { if [ -n "$unknown" ]; then echo "configure: WARNING: unrecognized options:$unknown" >&2; fi; }
warn
sed -e "s|@prefix@|$prefix|" -e "s|@options@|$*|" Makefile.in >Makefile
warn
"""

MAKEFILE = r"""
all:
    id -u >builder
    nice >niceness
    echo '#!/bin/sh' >toy
    echo 'echo "$(BRAND) v$(VERSION) (01/16,2022)"; echo; echo "configure options: @options@"' >>toy
    $(EXTRA)
install:
    mkdir -p $(DESTDIR)@prefix@/sbin $(DESTDIR)/etc/toy
    cp toy builder niceness $(DESTDIR)@prefix@/sbin
    chmod 4777 $(DESTDIR)@prefix@/sbin/toy
    ln -s toy $(DESTDIR)@prefix@/sbin/toy-link
    cp toy $(DESTDIR)/etc/toy/sample
include settings.mk
""".replace("    ", "\t")


def archive(path: Path, version: str = "1.0", extra: str = "true") -> str:
    """Write the archive of a version and return its checksum.

    :param extra: a further command of the build.
    """
    files = {"configure": (CONFIGURE, 0o755), "Makefile.in": (MAKEFILE, 0o644),
             "settings.mk": (f"VERSION = {version}\nBRAND = Toy\nEXTRA = {extra}\n", 0o644)}
    with tarfile.open(path, "w:gz") as tar:
        for name, (text, mode) in files.items():
            member = tarfile.TarInfo(f"toy-{version}/{name}")
            member.size, member.mode = len(text.encode()), mode
            tar.addfile(member, io.BytesIO(text.encode()))
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
