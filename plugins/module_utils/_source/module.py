# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build a program from source: plan, build beside what is there, prove it, and only then switch.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import errno
import hashlib
import os
import pwd
import re

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import (
    LockError,
    Transaction,
    TransactionError,
    explained,
)
from ansible_collections.openvip.cluster.plugins.module_utils._source import release as releases
from ansible_collections.openvip.cluster.plugins.module_utils._source.place import LINK, Place
from ansible_collections.openvip.cluster.plugins.module_utils._source.steps import NO_SPACE, Builder, StepError
from ansible_collections.openvip.cluster.plugins.module_utils._source.trust import untrusted

# The name of the journal.
NAME = "source_build"
REFUSED = "The build of %s is refused and nothing was changed:"
# Seconds for a program to tell its version.
ANSWER = 10
# Of an archive, read at once.
CHUNK = 1 << 20


def argument_spec():
    """Return the options of the module."""
    return {
        "name": {"type": "str", "required": True},
        "prefix": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "version": {"type": "str"},
        "archive": {"type": "path"},
        "checksum": {"type": "str"},
        "configure_options": {"type": "list", "elements": "str", "default": []},
        "substitutions": {
            "type": "list", "elements": "dict", "default": [],
            "options": {
                "path": {"type": "str", "required": True},
                "regexp": {"type": "str", "required": True},
                "replace": {"type": "str", "required": True},
            },
        },
        "program": {"type": "str"},
        "version_argument": {"type": "str", "default": "--version"},
        "user": {"type": "str"},
        "activate": {"type": "bool", "default": True},
        "keep": {"type": "int", "default": 1},
        "jobs": {"type": "int"},
        "nice": {"type": "int", "default": 19},
        "timeout": {"type": "int", "default": 1800},
    }


def copy_verified(source, target, checksum):
    """Copy an archive and verify the copy, which is then unpacked.

    :param target: the path of the copy, which must not exist; C(None) to verify only.
    :raises StepError: the archive is not there, or is another one.
    """
    algorithm, dummy, wanted = checksum.partition(":")
    digest = hashlib.new(algorithm)
    try:
        # not a file that the user who builds may have made
        with open(source, "rb") as reader, open(*((target, "xb") if target else (os.devnull, "wb"))) as writer:
            for chunk in iter(lambda: reader.read(CHUNK), b""):
                digest.update(chunk)
                writer.write(chunk)
    except FileNotFoundError as error:
        raise StepError("verify", "the archive %s is not there." % source,
                        "Put it there first, for example with ansible.builtin.get_url.") from error
    if digest.hexdigest() != wanted:
        raise StepError("verify", "the archive %s is not the one with checksum %s, but has %s:%s." % (
            source, checksum, algorithm, digest.hexdigest()),
            "Compare the checksum with the one that the project publishes, and fetch the archive again.")


def substitute(source, substitutions):
    """Change files of the unpacked I(source).

    :param substitutions: as in C(Release).
    :raises StepError: a regular expression finds nothing, so that the change would be lost silently.
    """
    for path, pattern, replacement in substitutions:
        full = os.path.join(source, path)
        if not os.path.isfile(full) or os.path.realpath(full) != full:
            raise StepError("substitute", "the source has no file %s." % path, "Correct substitutions.")
        with open(full, "r+", encoding="utf-8", errors="surrogateescape") as stream:
            text, count = re.subn(pattern, replacement, stream.read(), flags=re.MULTILINE)
            if count == 0:
                raise StepError("substitute", "nothing in %s matches %s." % (path, pattern),
                                "Correct substitutions for this version.")
            stream.seek(0)
            stream.truncate()
            stream.write(text)


class Run:
    """One run of the module for C(state=present)."""

    def __init__(self, module):
        self.module = module
        self.params = params = module.params
        sentences = releases.problems(params)
        self.place = Place(params["prefix"])
        self._refuse(distrust(self.place.prefix))
        others = {each.name for each in self.place.releases().values()} - {params["name"]}
        if others:
            sentences.append("prefix: %s holds builds of %s. Choose another for %s." % (
                self.place.prefix, ", ".join(sorted(others)), params["name"]))
        self._refuse(sentences + self._limits())
        self.release = releases.of(params)
        self.directory = self.release.directory
        self.program = self.place.path(self.directory, params["program"])
        former, owed = current(module, self.place)
        self.found = self.place.release(self.directory) == self.release and not self._complaints()
        if not self.found:
            self._refuse(self._user())
        self.switches = params["activate"] and (former != self.directory or owed)
        surplus = self.place.surplus(self.directory, params["keep"]) if params["activate"] else []
        self.former = self.place.path(former) if former and self.place.release(former) else None
        self.removed = [self.place.path(name) for name in surplus]
        self.result = {
            "changed": not self.found or self.switches or bool(surplus) or self.place.left(), "found": self.found,
            "release": self.place.path(self.directory), "program": self.program, "current": self.place.path(LINK),
            "former": self.former, "steps": [], "left_out": [], "removed": self.removed, "diff": self._diff(former)}

    def _refuse(self, sentences):
        if sentences:
            self.module.fail_json(msg="\n".join([REFUSED % self.params["name"], *("- " + each for each in sentences)]))

    def _diff(self, former):
        """Return Ansible's diff: of the current release, or of one that is only built."""
        before = releases.describe(self.place.release(former), former)
        path, after = self.place.path(LINK), releases.describe(self.release, self.directory)
        if not self.params["activate"]:
            path = self.place.path(self.directory)
            before = after if self.found else ""
        return {"before_header": path, "after_header": path, "before": before, "after": after}

    def _limits(self):
        """Return what is wrong with the numbers among the options, a sentence each."""
        ranges = (("keep", 0, 100), ("jobs", 1, 1024), ("nice", 0, 19), ("timeout", 1, 86400))
        return ["%s must be %d-%d, got %d." % (name, low, high, self.params[name]) for name, low, high in ranges
                if self.params[name] is not None and not low <= self.params[name] <= high]

    def _user(self):
        """Return why the user must not build, a sentence, or nothing."""
        try:
            number = pwd.getpwnam(self.params["user"]).pw_uid
        except KeyError:
            if self.module.check_mode:
                return []
            return ["user: there is no %s. Create it, or name another unprivileged user." % self.params["user"]]
        if number == 0:
            return ["user: what the archive contains would run with every privilege as %s. Name an unprivileged user."
                    % self.params["user"]]
        if os.geteuid() not in (0, number):
            return ["user: only root can build as %s. Set become: true." % self.params["user"]]
        return []

    def _complaints(self, program=None):
        """Return sentences why a program, by default the installed one, is not the release."""
        try:
            outcome = run([program or self.program, self.params["version_argument"]], ANSWER)
        except OSError as error:
            return ["it does not start: %s" % error]
        return releases.complaints(outcome, self.release)

    def fail(self, error):
        """End the module after a failed step; nothing has been switched."""
        stays = ["%s stays current." % self.former] if self.former else []
        self.module.fail_json(**dict(
            self.result, changed=False, step=error.step, log=error.log,
            msg="\n".join(["%s %s cannot be built, and nothing was switched: %s" % (
                self.release.name, self.release.version, error.text()), *stays])))

    def carry_out(self):
        """Build what is missing, switch, remove what is too much, and end the module."""
        try:
            self._try()
        except LockError as error:
            self.module.fail_json(msg="%s %s: %s" % (self.release.name, self.release.version, error))
        except TransactionError as error:
            self.fail(StepError("switch", str(error), " ".join(error.notes) or "The link is unchanged."))
        except StepError as error:
            self.fail(error)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            self.fail(StepError("write", "%s." % error, NO_SPACE if full else "Make %s writable." % self.place.prefix))
        self.module.exit_json(**self.result)

    def _try(self):
        if self.module.check_mode:
            if not self.found and os.path.exists(self.params["archive"]):
                copy_verified(self.params["archive"], None, self.release.checksum)
            return
        os.umask(0o022)
        if not self.result["changed"]:
            return
        try:
            with self.place.alone():
                self._change()
        except LockError:
            if not self.found or self.switches or self.removed:
                raise
            # Another process may be building there now.
            self.result["changed"] = False

    def _change(self):
        try:
            if not self.found:
                self._build()
            if self.switches:
                self._switch()
            for path in self.removed:
                self.place.remove(os.path.basename(path))
        finally:
            self.place.clear()

    def _switch(self):
        """Switch the link to the release, which is on the disk."""
        def confirm():
            complaints = self._complaints(self.place.path(LINK, self.params["program"]))
            if complaints:
                raise StepError("switch", "; ".join(complaints) + ".", "")

        self.place.mark(self.directory)
        with Transaction(NAME) as transaction:
            transaction.carry_out(self.place.link(self.directory), confirm)

    def _build(self):
        """Build the release into its own directory, and remove it again when it is not what was asked for."""
        params, place = self.params, self.place
        account = pwd.getpwnam(params["user"])
        paths = place.prepare((account.pw_uid, account.pw_gid))
        archive = os.path.join(place.build, "archive")
        copy_verified(params["archive"], archive, self.release.checksum)
        builder = Builder(params["user"], place.build, params["nice"], params["timeout"])
        source = paths["source"]
        builder.step("unpack", ["tar", "--extract", "--file", archive, "--directory", source, "--strip-components=1",
                                "--no-same-owner"], place.build)
        substitute(source, self.release.substitutions)
        builder.configure(["--prefix=" + place.path(self.directory), *self.release.configure_options], source)
        jobs = params["jobs"] or len(os.sched_getaffinity(0))
        builder.step("make", ["make", "--jobs=%d" % jobs], source)
        builder.step("make install", ["make", "install", "DESTDIR=" + paths["stage"]], source)
        self.result["steps"] = [{"name": name, "seconds": seconds} for name, seconds in builder.taken]
        self.result["left_out"] = place.take(paths["stage"], self.release, self._context)
        complaints = self._complaints()
        if complaints:
            place.undo_take(self.directory)
            raise StepError("prove", "%s is not what was asked for: %s." % (self.program, "; ".join(complaints)),
                            "Correct version, program or configure_options, or take another archive.")

    def _context(self, path):
        self.module.set_default_selinux_context(path, False)


def distrust(prefix):
    """Return why a prefix is not safe for programs that root runs: a sentence in a list, or an empty list."""
    try:
        fault = untrusted(prefix)
    except OSError as error:
        fault = "%s: %s." % (error.filename, error.strerror)
    return ["prefix: " + fault] if fault else []


def current(module, place):
    """Return the name of the current release, and whether an interrupted run may have switched the link.

    Its change is rolled back first, except in check mode.
    """
    try:
        with Transaction(NAME, check=module.check_mode) as transaction:
            for note in transaction.notes:
                module.warn(note)
            return place.current(), transaction.owed
    except (LockError, OSError) as error:
        module.fail_json(msg="%s in %s: %s" % (module.params["name"], place.prefix, explained(error)))


def run_source_build(module):
    """Bring the program to O(source_build#module:state)."""
    if module.params["state"] == "present":
        Run(module).carry_out()
    place = Place(module.params["prefix"])
    name = module.params["name"]
    distrusted = distrust(place.prefix)
    if distrusted:
        module.fail_json(msg="\n- ".join([REFUSED % name, *distrusted]))
    found = place.releases()
    others = {each.name for each in found.values()} - {name}
    if others:
        module.fail_json(msg="%s\n- prefix: %s holds builds of %s, not of %s. Correct one of the two." % (
            REFUSED % name, place.prefix, ", ".join(sorted(others)), name))
    link, owed = current(module, place)
    removed = [place.path(directory) for directory in found] + ([place.path(LINK)] if link else [])
    result = {"changed": bool(removed) or place.left() or owed, "removed": removed, "diff": {
        "before_header": place.path(LINK), "after_header": place.path(LINK),
        "before": releases.describe(place.release(link), link), "after": ""}}
    if result["changed"] and not module.check_mode:
        try:
            with place.alone():
                with Transaction(NAME) as transaction:
                    transaction.carry_out(place.link(None), lambda: None)
                place.remove_all()
        except (LockError, TransactionError, OSError) as error:
            module.fail_json(msg="%s cannot be removed from %s: %s" % (name, place.prefix, explained(error)))
    module.exit_json(**result)
