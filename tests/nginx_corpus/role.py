# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What the role nginx makes of an operator's variables: those of the role itself, and its own call of the module.

Nothing of the role is repeated here: its defaults, its variables, the arguments of its task and the action plugin are
read where they are. The module runs in this process, with C(nginx -t), the exchange of the files and everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.openvip.cluster.plugins.action.nginx_config import ActionModule
from ansible_collections.openvip.cluster.plugins.modules import nginx_config
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain

REPOSITORY = Path(__file__).resolve().parents[2]
ROLE = REPOSITORY / "roles" / "nginx"
MODULE = "openvip.cluster.nginx_config"
# Those of the module's arguments that say what is configured; the others say how, which is this program's own.
WHAT = ("config", "file", "takeover")
HOST = "lb1"
# The variable of a file that says what is expected of it, and the end of the name of a file that holds it.
EXPECTED = "nginx_corpus"
BESIDE = ".requests.yml"


class RefusedError(Exception):
    """The variables are rejected; its text is the reason."""


class _EndError(Exception):
    """The module has ended, with this result."""


class _Display:
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text.removeprefix(f"{HOST}: "))

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_arguments, **_options: None


class _Module:
    """Ansible's module object, as far as the module needs it."""

    check_mode = False

    def __init__(self, params: dict[str, Any], program: str) -> None:
        self.params = params
        self.program = program
        self.warnings: list[str] = []

    def get_bin_path(self, _name: str) -> str:
        return self.program

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **result: Any) -> None:
        raise _EndError({**result, "warnings": self.warnings})

    def fail_json(self, msg: str, **result: Any) -> None:
        raise _EndError({**result, "msg": msg, "failed": True, "warnings": self.warnings})


class _Action(ActionModule):
    """The action plugin, with its module in this process."""

    program = ""

    def _execute_module(self, module_args: dict[str, Any], **_options: Any) -> dict[str, Any]:
        verdict = ArgumentSpecValidator(nginx_config.module_argument_spec()).validate(module_args)
        if verdict.error_messages:
            return {"failed": True, "msg": "\n".join(verdict.error_messages)}
        try:
            nginx_config.run_nginx(_Module(verdict.validated_parameters, self.program))
        except _EndError as end:
            return end.args[0]
        raise AssertionError("the module has not ended")


class Role:
    """The role. Use one object for many files.

    :param system: the os_family of the host.
    """

    def __init__(self, system: str = "Debian") -> None:
        self.loader = DataLoader()
        self.loader.set_basedir(str(ROLE))
        self.variables = {"inventory_hostname": HOST, "ansible_check_mode": False,
                          "ansible_facts": {"os_family": system}}
        for path in (ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").iterdir())):
            self.variables.update(self._read(path))
        spec = self._read(ROLE / "meta" / "argument_specs.yml")
        self.options = plain(spec)["argument_specs"]["main"]["options"]
        task = next(task for task in self._read(ROLE / "tasks" / "write.yml") if MODULE in task)
        self.arguments = {name: value for name, value in task[MODULE].items() if name in WHAT}

    def _read(self, path: Path) -> Any:
        return self.loader.load_from_file(str(path), cache="none", trusted_as_template=True)

    def read(self, path: Path) -> dict[str, Any]:
        """Return the variables of a file, with those of a file of requests beside it.

        :raises RefusedError: a file is no dictionary in YAML.
        """
        found: dict[str, Any] = {}
        for each in (path, path.with_suffix(BESIDE)):
            if each == path or each.exists():
                try:
                    data = self._read(each)
                except AnsibleError as error:
                    raise RefusedError(_first(error)) from error
                if not isinstance(data, dict):
                    raise RefusedError(f"{each.name} must be a dictionary of variables.")
                found.update(data)
        return found

    def expected(self, own: dict[str, Any]) -> dict[str, Any]:
        """Return what the variables of a file say that is expected. Raises RefusedError."""
        found = self._template(own, own.get(EXPECTED) or {})
        if not isinstance(found, dict):
            raise RefusedError(f"{EXPECTED} must be a dictionary.")
        return found

    def asked(self, own: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments that the role gives to the module. Raises RefusedError.

        As Ansible does before the role's first task, it holds the variables against their specification.
        """
        given = {name: value for name, value in own.items() if name in self.options}
        verdict = ArgumentSpecValidator(self.options).validate(self._template(own, given))
        if verdict.error_messages:
            raise RefusedError("\n".join(verdict.error_messages))
        return self._template(own, self.arguments)

    @staticmethod
    def with_inventory(own: dict[str, Any], group: dict[str, Any]) -> dict[str, Any]:
        """Return the variables of a file with those of an inventory.

        :param group: its groups: the variables of each member by its name.
        """
        members = {HOST: {}, **{name: hosts[name] or {} for hosts in group.values() for name in hosts}}
        # Whether nginx is a package or built says nothing about what it does.
        return {**own, "nginx_install_method": "package", "hostvars": members,
                "groups": {"all": list(members), **{name: list(hosts) for name, hosts in group.items()}}}

    def write(self, own: dict[str, Any], arguments: dict[str, Any], program: str) -> tuple[dict[str, Any], list[str]]:
        """Run action and module; return the module's result, and the warnings. Raises RefusedError.

        :param own: what C(with_inventory) has returned.
        :param arguments: what C(asked) has returned.
        :param program: nginx.
        """
        variables = {**self.variables, **own}
        task = MagicMock(args={**arguments, "binary": program}, async_val=0, check_mode=False)
        action = _Action(task, *[MagicMock() for _unused in range(5)])
        action.program = program
        display = action._display = _Display()
        try:
            result = action.run(task_vars=variables)
        except AnsibleError as error:
            raise RefusedError(_first(error)) from error
        if result.get("failed"):
            raise RefusedError(result["msg"])
        return result, [*display.warnings, *result["warnings"]]

    def _template(self, own: dict[str, Any], value: Any) -> Any:
        variables = {**self.variables, **own}
        try:
            return plain(Templar(self.loader, variables).template(value))
        except AnsibleError as error:
            raise RefusedError(_first(error)) from error


def _first(error: AnsibleError) -> str:
    """Return what an error of Ansible says, on one line."""
    return re.sub(r"\s+", " ", str(error)).strip()


def system() -> str:
    """Return the os_family of this machine, as far as the role asks."""
    release = Path("/etc/os-release")
    text = release.read_text(encoding="utf-8") if release.exists() else "ID=debian"
    return "RedHat" if re.search(r"(?m)^ID(_LIKE)?=.*(rhel|fedora|centos)", text) else "Debian"
