# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The host inside of the sandbox: its files as a package of nginx leaves them, its certificates, its nginx."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .run import CHANGING

ETC = Path("/etc/nginx")
DIRECTORIES = ("/etc/nginx/conf.d", "/etc/nginx/modules-enabled", "/etc/nginx/ssl", "/var/www/html", "/var/log/nginx",
               "/var/cache/nginx", "/var/lib/nginx", "/run/lock")
START = 20
# Files of the package that belong to the configuration of somebody
_NOT_PACKAGED = ("nginx.conf", "conf.d", "modules-enabled", "modules-available", "sites-enabled", "sites-available")
_CERTIFICATE = re.compile(r"(?m)(?:^|[\s;{])((?:[a-z]+_)?ssl_(?:client_|trusted_)?certificate(?:_key)?)"
                          r"\s+\"?([^\s;\"$]+)")
# The other end of the link to what stands behind nginx
_FRONT = "02:00:00:00:00:02"
_SERVER = re.compile(r"(?:://|_pass\s+|server\s+|^(?=\S+:[0-9]+$))([0-9.]+|\[[0-9a-f:]+\])(?=[:/;\s]|$)")
_NAME = re.compile(r"(?:://|_pass\s+|server\s+|^(?=\S+:[0-9]+$))([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?=[:/;\s]|$)")


class StartError(Exception):
    """nginx does not start; its text is what it says."""


class Host:
    """The host. Use one object for many files.

    :param program: nginx, as installed or as tests/nginx-version has unpacked it.
    :param place: a directory for what clients need.
    """

    def __init__(self, program: str, place: Path) -> None:
        self.program = program
        self.place = place
        unpacked = Path(program).parent / "root"
        self.package = (unpacked if unpacked.is_dir() else Path("/host")) / "etc" / "nginx"
        # ngx_stream_module before ngx_stream_geoip_module, which needs it
        self.modules = sorted((unpacked / "usr/lib/nginx/modules").glob("*.so"), key=lambda path: len(path.name))
        self.authority = Authority()
        self.routed: list[str] = []
        for name, content in self.authority.client().items():
            (place / name).write_bytes(content)

    def reset(self, more: dict[str, str]) -> None:
        """Bring the files back to those of a host on which only nginx was installed.

        :param more: the text of other files by their absolute paths.
        """
        for path in CHANGING:
            shutil.rmtree(path, ignore_errors=True)
        for path in DIRECTORIES:
            os.makedirs(path, exist_ok=True)
        for path in self.package.iterdir() if self.package.is_dir() else ():
            if path.name not in _NOT_PACKAGED:
                (ETC / path.name).symlink_to(path)
        enabled = ETC / "modules-enabled"
        if self.modules:
            (enabled / "modules.conf").write_text("".join(f"load_module {path};\n" for path in self.modules))
        else:
            for path in (self.package / "modules-enabled").glob("*.conf"):
                shutil.copy(path, enabled / path.name)
        for name, text in more.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def variables(self) -> dict[str, str]:
        """Return what stands for secrets of the inventory."""
        made = self.authority.certificate([])
        return {"nginx_corpus_certificate": made["crt"].decode(), "nginx_corpus_key": made["key"].decode(),
                "nginx_corpus_ca": made["ca"].decode()}

    def names(self, addresses: dict[str, str]) -> None:
        """Let nginx find these addresses by their names."""
        lines = [f"{address} {name}" for name, address in addresses.items()]
        Path("/etc/hosts").write_text("\n".join(["::1 localhost", *lines, ""]))

    def user(self, words: Any) -> None:
        """Make the user of the workers, and its group, where this machine does not have them.

        :param words: the value of nginx's directive C(user).
        """
        name, *group = str(words or "root").split()
        for path, wanted, line in (("passwd", name, "{}:x:64999:64999::/:/usr/sbin/nologin"),
                                   ("group", (group or [name])[0], "{}:x:64999:")):
            text = Path("/host/etc", path).read_text(encoding="utf-8")
            known = any(each.startswith(wanted + ":") for each in text.splitlines())
            Path("/etc", path).write_text(text + ("" if known else line.format(wanted) + "\n"), encoding="utf-8")

    def route(self, addresses: Iterable[str]) -> None:
        """Let these addresses, and no others, lead to the network of what stands behind nginx."""
        lines = [f"route del {address} dev behind table local" for address in self.routed]
        lines += [f"neighbour del {address} dev behind" for address in self.routed]
        self.routed = sorted({str(ipaddress.ip_address(address)) for address in addresses})
        lines += [f"neighbour add {address} lladdr {_FRONT} dev behind nud permanent" for address in self.routed]
        lines += [f"route add {address} dev behind table local" for address in self.routed]
        subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)

    def certify(self, config: dict[str, Any]) -> None:
        """Make the certificates that the data names and this host does not have, as files that were always there."""
        for kind in ("http", "stream"):
            for server in (config.get(kind) or {}).get("server") or []:
                if not isinstance(server, dict):
                    continue
                names = [str(name) for name in _list(server.get("server_name"))]
                given = {key: str(server[key]) for key in ("ssl_certificate", "ssl_certificate_key") if server.get(key)}
                self._put(given.items(), names)
                self._put((found.groups() for text in _texts(server) for found in _CERTIFICATE.finditer(text)), names)
        self._put((found.groups() for text in _texts(config) for found in _CERTIFICATE.finditer(text)), [])

    def _put(self, wanted: Iterable[tuple[str, str]], names: list[str]) -> None:
        made: dict[str, bytes] = {}
        for key, name in wanted:
            path = ETC / name
            if path.exists() or name.startswith("openvip.d/") or "{" in name:
                continue
            made = made or self.authority.certificate(names)
            path.parent.mkdir(parents=True, exist_ok=True)
            kind = "key" if key.endswith("_key") else "crt" if key.endswith("ssl_certificate") else "ca"
            path.write_bytes(made[kind])

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run nginx with the files as they are during the block. Raises StartError."""
        # Where it goes to the background its sockets are open.
        try:
            done = subprocess.run([self.program, "-c", str(ETC / "nginx.conf")], capture_output=True, text=True,
                                  check=False, timeout=START, stdin=subprocess.DEVNULL, start_new_session=True)
            if done.returncode:
                raise StartError(done.stderr.strip() or f"nginx ended with {done.returncode}")
            yield
        except subprocess.TimeoutExpired as error:
            raise StartError("nginx does not go to the background") from error
        finally:
            end_children()


def behind(config: dict[str, Any], more: Iterable[str], clients: Iterable[str]) -> set[str]:
    """Return the addresses of what stands behind nginx: those that the data names, and others, but nginx's own.

    :param more: addresses, and what are none.
    :param clients: addresses that are none of these.
    """
    found = {each.strip("[]") for each in [*more, *(each for text in _told(config) for each in _SERVER.findall(text))]}
    servers = [server for kind in ("http", "stream") for server in (config.get(kind) or {}).get("server") or []]
    listens = [str(listen) for server in servers if isinstance(server, dict) for listen in _list(server.get("listen"))]
    own = {listen.split(" ")[0].rpartition(":")[0].strip("[]") for listen in listens}
    return {each for each in found - own - set(clients) if _is_elsewhere(each)}


def _told(config: dict[str, Any]) -> Iterator[str]:
    """Yield every text of the data; before the servers of upstreams, which need no port, nginx's own word."""
    yield from _texts(config)
    for kind in ("http", "stream"):
        for upstream in (config.get(kind) or {}).get("upstream") or []:
            for server in _list(upstream.get("server")) if isinstance(upstream, dict) else []:
                yield f"server {server.get('address') if isinstance(server, dict) else server}"


def _is_elsewhere(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


def names_in(config: dict[str, Any]) -> list[str]:
    """Return the names of servers that nginx looks up when it starts; names without a dot are those of upstreams."""
    return list(dict.fromkeys(found for text in _told(config) for found in _NAME.findall(text)
                              if re.search("[A-Za-z]", found.rpartition(".")[2])))


def end_children() -> None:
    """End everything in the sandbox but this process, which is its first: what loses its parent becomes its child."""
    while children := _children():
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _children() -> list[int]:
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if entry.isdigit():
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == os.getpid():
                    found.append(int(entry))
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


class Authority:
    """Signs the certificates of servers and of one client."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nginx_corpus")])
        self.own = self._sign(self.name, self.key, [], True)

    def certificate(self, names: list[str]) -> dict[str, bytes]:
        """Return a certificate for names of nginx (C(crt)), its C(key), and the authority's (C(ca))."""
        plain = [name for name in names if re.fullmatch(r"(\*\.|\.)?[\w-]+(\.[\w-]+)*", name) and name != "_"]
        every = [each for name in plain for each in ([name[1:], "*" + name] if name[0] == "." else [name])]
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (every or ["localhost"])[0])])
        signed = self._sign(subject, key, every or ["localhost", "*.example.com", "example.com"], False)
        return {"crt": signed, "ca": self.own, "key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())}

    def client(self) -> dict[str, bytes]:
        """Return the files of a client."""
        made = self.certificate(["client.example.com"])
        return {"ca.crt": self.own, "client.crt": made["crt"], "client.key": made["key"]}

    def _sign(self, subject: x509.Name, key: Any, names: list[str], is_authority: bool) -> bytes:
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(
            key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(
            now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30)).add_extension(
            x509.BasicConstraints(is_authority, None), True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
