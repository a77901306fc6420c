# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The configurations of tests/nginx_corpus do what they declare, and whatever differs from that is found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.openvip.cluster.tests.nginx_corpus import judge, run
from ansible_collections.openvip.cluster.tests.nginx_corpus.ask import Answer, _parsed
from ansible_collections.openvip.cluster.tests.nginx_corpus.judge import Report, differences
from ansible_collections.openvip.cluster.tests.nginx_corpus.role import RefusedError, Role

VERSIONS = ("1.22.1", "1.26.3")
PAGE = run.REPOSITORY / "docs" / "nginx_corpus.md"
FILES = run.files_of(run.FILES)
GOOD = Answer(200, "1.1", {"content-type": ["text/html"], "set-cookie": ["a=1", "b=2"]}, "welcome")


def echo(**told: Any) -> Answer:
    request = {"name": "app1", "path": "/a", "header": {"host": "www"}, "size": 3, **told}
    return Answer(200, "1.1", {}, json.dumps(request))


@pytest.mark.parametrize("wanted, answers", [
    ({"status": 200}, [GOOD]),
    ({"status": {200: 2, 429: 1}}, [GOOD, GOOD, Answer(429)]),
    ({"status": [200, 429]}, [GOOD, Answer(429)]),
    ({"header": {"Content-Type": "^text/", "X-None": None, "set-cookie": "b="}}, [GOOD]),
    ({"body": "^welcome$", "not_body": ["error", "secret"]}, [GOOD]),
    ({"body": ["wel", "come"]}, [GOOD]),
    ({"version": 1.1}, [GOOD]),
    ({"backend": "app1"}, [echo(), echo()]),
    ({"backend": {"app1": 2, "app2": 1}}, [echo(), echo(), echo(name="app2")]),
    ({"backend": "chat"}, [Answer(101, "1.1", {"x-backend": ["chat"]})]),
    ({"echo": {"path": "^/a$", "size": 3, "header": {"Host": "www", "x-none": None}}}, [echo()]),
    ({"json": {"status": 200}}, [Answer(body='{"status": 404}\n{"status": 200}\n')]),
    ({"fails": True}, [Answer(failure="(52) Empty reply from server")]),
    ({"fails": "Empty reply"}, [Answer(failure="(52) Empty reply from server")]),
])
def test_what_comes_as_declared_is_right(wanted: dict[str, Any], answers: list[Answer]) -> None:
    assert list(differences(wanted, answers)) == []


@pytest.mark.parametrize("wanted, answers, words", [
    ({"status": 200}, [Answer(404)], "status is 404, expected 200"),
    ({"status": 200}, [GOOD, Answer(502)], "status is 200 1 times, 502 1 times, expected 200"),
    ({"status": {200: 5, 429: 3}}, [GOOD] * 6 + [Answer(429)] * 2, "200 6 times, 429 2 times"),
    ({"status": 200}, [Answer(failure="(7) Failed to connect")], "failed: (7) Failed to connect"),
    ({"fails": True}, [GOOD], "has succeeded with 200, which must not be"),
    ({"fails": "certificate"}, [Answer(failure="(7) refused")], 'not with "certificate"'),
    ({"header": {"Location": "x"}}, [GOOD], "header Location is missing, expected x"),
    ({"header": {"Content-Type": "^json"}}, [GOOD], "header Content-Type is text/html, expected ^json"),
    ({"header": {"Content-Type": None}}, [GOOD], "which must not be"),
    ({"body": "^hello"}, [GOOD], 'the body is "welcome", expected ^hello'),
    ({"body": ["wel", "hello"]}, [GOOD], "expected hello"),
    ({"not_body": "come"}, [GOOD], "which must not have come"),
    ({"version": 2}, [GOOD], "it came by HTTP/1.1, expected HTTP/2"),
    ({"backend": "app2"}, [echo()], "backend is app1, expected app2"),
    ({"backend": ["app1", "app2"]}, [echo(), echo()], "backend is app1 2 times"),
    ({"backend": "app1"}, [GOOD], "backend is nobody, expected app1"),
    ({"echo": {"path": "^/b"}}, [echo()], "echo path is /a, expected ^/b"),
    ({"echo": {"size": 4}}, [echo()], "echo size is 3, expected 4"),
    ({"echo": {"header": {"Host": None}}}, [echo()], "echo header Host is www, expected none"),
    ({"echo": {"header": {"X-A": "b"}}}, [echo()], "echo header X-A is missing, expected b"),
    ({"echo": {"name": "a"}}, [GOOD], "echo is no JSON"),
    ({"json": {"status": 200}}, [Answer(body='{"status": "\n{"status": 200}')], "line 1 is no JSON"),
    ({"json": {"status": 200}}, [Answer(body='{"status": 404}')], "line 1 status is 404, expected 200"),
    ({"json": {}}, [Answer()], "it has no line of JSON"),
])
def test_what_comes_otherwise_is_wrong(wanted: dict[str, Any], answers: list[Answer], words: str) -> None:
    found = list(differences(wanted, answers))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize("expected, words", [
    ({"requests": []}, 'nginx_corpus: unknown key "requests". Did you mean "request"?'),
    ({"request": [{"url": "http://a/", "expect": {"stauts": 200}}]},
     'request 1: expect: unknown key "stauts". Did you mean "status"?'),
    ({"request": [{"url": "http://a/", "headers": {}, "expect": {"status": 200}}]}, 'Did you mean "header"?'),
    ({"request": [{"expect": {"status": 200}}]}, "request 1: it needs one of url, tcp, udp, file, listens."),
    ({"request": [{"url": "http://a/"}]}, "request 1: expect is missing."),
    ({"request": ["http://a/"]}, "request 1 must be a dictionary."),
])
def test_a_misspelt_declaration_does_not_pass_for_a_right_one(expected: dict[str, Any], words: str) -> None:
    assert any(words in sentence for sentence in judge.misspelt(expected))


def test_each_file_of_our_own_declares_what_must_come_of_it() -> None:
    for path in (run.FILES / name for name in FILES):
        expected = yaml.safe_load(path.read_text(encoding="utf-8"))["nginx_corpus"]
        assert list(judge.misspelt(expected)) == [], path
        assert expected.get("request") or expected.get("refused"), path
    assert len(FILES) >= 40


def test_the_page_explains_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [key for key in (*judge.FILE_KEYS, *judge.REQUEST_KEYS, *judge.EXPECT_KEYS) if f"`{key}`" not in page] == []


@pytest.fixture
def role() -> Role:
    return Role()


def variables(tmp_path: Path, role: Role, text: str) -> dict[str, Any]:
    path = tmp_path / "www.yml"
    path.write_text("nginx_listen: []\n" + text)
    return role.read(path)


def test_the_role_s_own_variables_become_the_configuration(tmp_path: Path, role: Role) -> None:
    own = variables(tmp_path, role, "domain: example.com\nnginx_keepalive_timeout: 30s\n"
                                    "nginx_server: [{name: www, listen: ['80'], server_name: ['{{ domain }}']}]\n")
    asked = role.asked(own)
    assert asked["config"]["http"]["server"] == [{"name": "www", "listen": ["80"], "server_name": ["example.com"]}]
    assert asked["config"]["http"]["keepalive_timeout"] == "30s"
    assert asked["config"]["worker_processes"] == "auto"


def test_variables_may_ask_for_the_inventory(tmp_path: Path, role: Role) -> None:
    text = "nginx_set_real_ip_from: \"{{ groups['outer'] | map('extract', hostvars, 'ansible_host') }}\"\n"
    own = role.with_inventory(variables(tmp_path, role, text), {"outer": {"lb3": {"ansible_host": "198.18.0.3"}}})
    assert role.asked(own)["config"]["http"]["set_real_ip_from"] == ["198.18.0.3"]


@pytest.mark.parametrize("text, words", [
    ("nginx_worker_connections: many\n", "nginx_worker_connections"),
    ("nginx_server: '{{ nowhere }}'\n", "'nowhere' is undefined"),
    ("nginx_server: [{name: www, lisen: ['80']}]\n", 'unknown key "lisen". Did you mean "listen"?'),
    ("nginx_server: [{name: www, listen: [443 ssl]}]\n", "no certificate"),
    ("nginx_upstream: [{name: web, server_group: [{group: wbe, port: 80}]}]\n", 'Did you mean "web"?'),
])
def test_what_the_role_or_the_action_rejects_is_rejected_with_its_reason(
        tmp_path: Path, role: Role, text: str, words: str) -> None:
    own = role.with_inventory(variables(tmp_path, role, text), {"web": {"web1": {"ansible_host": "198.18.0.21"}}})
    with pytest.raises(RefusedError) as refused:
        role.write(own, role.asked(own), "/no/nginx")
    assert words in str(refused.value)


def test_requests_may_stand_in_a_file_beside(tmp_path: Path, role: Role) -> None:
    (tmp_path / "www.requests.yml").write_text("nginx_corpus: {refused: nothing}\n")
    assert role.expected(variables(tmp_path, role, "")) == {"refused": "nothing"}
    (tmp_path / ".hidden.yml").write_text("a: b\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.yaml").write_text("a: b\n")
    assert run.files_of(tmp_path) == ["www.yml", "more/a.yaml"]


@pytest.mark.parametrize("text", ["[a, b]", "a: [", "text"])
def test_what_are_no_variables_is_rejected(tmp_path: Path, role: Role, text: str) -> None:
    (tmp_path / "www.yml").write_text(text)
    with pytest.raises(RefusedError):
        role.read(tmp_path / "www.yml")


REPORTS = [
    Report("a.yml", accepted=True, tested=True, requests=3, right=3, seconds=0.5),
    Report("b.yml", accepted=True, tested=True, requests=2, right=1, wrong=["request 2 (GET x): status is 404"]),
    Report("c.yml", refused='The configuration is refused:\n- server "www": listen is missing.'),
    Report("d.yml", refused="as it should be", as_declared=True),
    Report("e.yml", untried="needs nginx 1.25.0"),
    Report("f.yml", failure="nginx does not start"),
]


def test_the_table_names_what_matters() -> None:
    lines = [line.split() for line in run.table(REPORTS, "1.22.1").splitlines()]
    assert ["files", "6", "nginx", "1.22.1"] in lines
    assert ["requests", "right", "4", "of", "5"] in lines
    assert ["rejected", "as", "declared", "1"] in lines
    assert ["rejected", "1", "must", "be", "0"] in lines
    assert ["1", "server", "...:", "listen", "is", "missing."] in lines
    assert ["failed", "1", "must", "be", "0"] in lines
    assert ["slowest", "0.50", "s", "a.yml;", "at", "most", "10", "s"] in lines
    told = list(run.lists(REPORTS, False))
    assert "b.yml: request 2 (GET x): status is 404" in told
    assert 'c.yml: rejected: - server "www": listen is missing.' in told
    assert not any(line.startswith(("a.yml", "d.yml", "e.yml")) for line in told)


@pytest.mark.parametrize("report, code", [(REPORTS[number], number in (1, 2, 5)) for number in range(6)] + [
    (Report("slow.yml", seconds=judge.SLOW + 1), True)])
def test_anything_wrong_is_the_exit_code(
        report: Report, code: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / report.name).write_text("a: b\n")
    monkeypatch.setattr(run, "program_of", str)
    monkeypatch.setattr(run, "_version", lambda _program: "1.22.1")
    monkeypatch.setattr(run, "reports", lambda *_arguments: [report])
    assert run.main([str(tmp_path), "--json", str(tmp_path / "all.json")]) == int(code)
    assert json.loads((tmp_path / "all.json").read_text())["1.22.1"][0]["name"] == report.name


def test_an_answer_is_what_follows_the_informational_ones() -> None:
    answer = _parsed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\na: c\r\n\r\nbody\r\n\r\nmore", "")
    assert (answer.status, answer.header, answer.body) == (200, {"a": ["b", "c"]}, "body\r\n\r\nmore")
    assert _parsed(b"", "(52) Empty reply").failure == "(52) Empty reply"


@pytest.mark.daemon
@pytest.mark.parametrize("version", VERSIONS)
def test_every_file_of_our_own_does_what_it_declares(version: str) -> None:
    found = run.reports(run.FILES, FILES, run.program_of(version), 2)
    assert list(run.lists(found, False)) == []
    assert [report.name for report in found] == FILES
    assert sum(report.right for report in found) == sum(report.requests for report in found) > 180
    # Those that are wrong on purpose
    assert {report.name for report in found if report.refused} == {
        "existing-sites-lost.yml", "misspelt.yml", "unknown-directive.yml"}
    assert [report.name for report in found if report.warnings] == []


@pytest.mark.daemon
def test_the_example_of_the_page_does_what_it_declares(tmp_path: Path) -> None:
    (tmp_path / "www.yml").write_text(PAGE.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0])
    (report,) = run.reports(tmp_path, ["www.yml"], run.program_of(VERSIONS[1]), 1)
    assert list(run.lists([report], True)) == []
    assert report.right == 2


SITE = """
nginx_listen: []
nginx_server: [{{name: www, listen: ['80'], root: {root}, {more}}}]
nginx_file: [{{path: {root}/index.html, content: hello}}]
nginx_corpus: {{{declared}}}
"""
REQUEST = "request: [{url: 'http://www.example.com/', expect: %s}]"
WRONG = {
    "body": ("", REQUEST % "{body: goodbye}", "body.yml: request 1 (GET http://www.example.com/): the body is"),
    "status": ("", REQUEST % "{status: 404}", "status is 200, expected 404"),
    "succeeds": ("", REQUEST % "{fails: true}", "which must not be"),
    "fails": ("", "request: [{url: 'http://www.example.com:81/', expect: {status: 200}}]", "fails.yml: request 1"),
    "test": ("raw: [no_such_word on;]", REQUEST % "{status: 200}", 'unknown directive "no_such_word"'),
    "check": ("lisen: ['80']", REQUEST % "{status: 200}", 'Did you mean "listen"?'),
    "accepted": ("", "refused: anything", "it was accepted, and must be rejected"),
    "declared": ("", "requests: []", 'Did you mean "request"?'),
}


@pytest.mark.daemon
def test_whatever_differs_is_found_and_nothing_is_left_on_this_machine(
        tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    root = f"/srv/openvip-nginx-corpus-{os.getpid()}"
    for name, (more, declared, _words) in {**WRONG, "right": ("", REQUEST % "{body: ^hello}", "")}.items():
        (tmp_path / f"{name}.yml").write_text(SITE.format(root=root, more=more, declared=declared))
    assert run.main([str(tmp_path), "--nginx", VERSIONS[0]]) == 1
    output = capsys.readouterr().out
    assert [name for name, (_more, _declared, words) in WRONG.items() if words not in output] == []
    assert "right.yml" not in output.partition("slowest")[0]
    assert not os.path.exists(root)


@pytest.mark.daemon
def test_with_the_program_everything_ends(tmp_path: Path) -> None:
    # nothing ever comes, so the request lasts
    (tmp_path / "www.yml").write_text(SITE.format(
        root="/srv/a", more="", declared="request: [{tcp: '127.0.0.1:80', send: '', expect: {body: never}}]"))
    program = subprocess.Popen([sys.executable, run.HERE / "run.py", tmp_path, "--nginx", run.program_of(VERSIONS[0])],
                               stderr=subprocess.PIPE, text=True)
    mark = str(tmp_path).encode()

    def processes() -> list[str]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if path.read_bytes().find(mark) >= 0:
                    found.append(path.parent.name)
            except OSError:
                continue
        return found

    wait(lambda: len(processes()) > 1)
    program.send_signal(signal.SIGTERM)
    assert program.communicate()[1].strip() == "nginx-corpus: stopped"
    wait(lambda: not processes())


def wait(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
