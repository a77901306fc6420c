# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the lab is taken from an engine that does not let go of all at once; the engine is a stand-in."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

REMOVE = pathlib.Path(__file__).parents[3] / "tests/lab/remove"
# A directory of files is the engine: one per container or network, whose text is how often its removal fails.
DOCKER = """\
#!/bin/sh
kind=$1 verb=$2 failed=0
cd "$ENGINE/$kind"
shift 2
if [ "$verb" = ls ]; then
    for name in *; do [ -e "$name" ] && echo "id-$name $name"; done
    exit 0
fi
for word in "$@"; do
    case $word in id-*) name=${word#id-} ;; *) continue ;; esac
    left=$(cat "$name")
    if [ "$left" = hang ]; then
        exec sleep 60
    elif [ "$left" -gt 0 ]; then
        echo $((left - 1)) >"$name"
        echo "could not kill $name: did not receive an exit event" >&2
        failed=1
    else
        rm "$name"
    fi
done
exit $failed
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text(DOCKER)
    (tmp_path / "bin/docker").chmod(0o755)
    for kind in ("container", "network"):
        (tmp_path / kind).mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("ENGINE", str(tmp_path))
    return tmp_path


def remove(*words):
    return subprocess.run([REMOVE, *words], capture_output=True, text=True, timeout=60, check=False)


def test_what_is_not_gone_at_once_is_asked_for_again(engine):
    (engine / "container/lb1").write_text("0")
    (engine / "container/lb2").write_text("2")
    (engine / "network/front").write_text("1")
    done = remove("label")
    assert (done.returncode, done.stdout) == (0, "container lb1\ncontainer lb2\nnetwork front\n")
    assert done.stderr.count("lab: asking again: could not kill lb2: did not receive an exit event\n") == 2
    assert not list((engine / "container").iterdir()) and not list((engine / "network").iterdir())


def test_where_nothing_is_nothing_is_removed(engine):
    done = remove("label")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("left", "words"), [
    ("1000", "could not kill lb1: did not receive an exit event"), ("hang", "the engine does not answer")])
def test_what_never_goes_is_said_in_the_engines_words(engine, left, words):
    (engine / "container/lb1").write_text(left)
    module = "import sys; sys.path.insert(0, sys.argv[1]); import remove; remove.SECONDS = 1; sys.argv[1:] = ['label']"
    done = subprocess.run(["python3", "-c", f"{module}; remove.main()", str(REMOVE.parent)], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith(f"The lab cannot be removed within 1 seconds: {words}\n")


def test_a_label_is_needed(engine):
    done = remove()
    assert (done.returncode, done.stderr) == (1, "usage: remove LABEL\n")
