# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx_config with a real nginx, in a network, a /run and processes of its own: requests, failures, reloads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx import table
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.row import WORDS
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.text import quote
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.values import KINDS
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.nginx_driver import NOTATIONS, ODD

pytestmark = pytest.mark.daemon

# Those of Debian 12 and 13; HTTP/2 is a parameter of listen for the first and a directive for the second.
VERSIONS = ("1.22.1", "1.26.3")
TESTS = Path(__file__).resolve().parents[3]
SETUP = """
set -e
for directory in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$directory"; done
mkdir /var/lib/nginx /var/log/nginx
ip link set lo up
for host in 11 21 22 23 200; do ip address add "198.18.0.$host/32" dev lo; done
exec "$@"
"""


@pytest.fixture(scope="module", params=VERSIONS)
def tell(request, tmp_path_factory):
    """Run a scenario of the driver beside this file, once, with an nginx; gives its story."""
    found = subprocess.run([TESTS / "nginx-version", request.param], check=True, capture_output=True, text=True)

    @lru_cache(maxsize=None)
    def story(scenario, driver="nginx_driver.py", *arguments):
        done = subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SETUP,
             "setup", sys.executable, str(Path(__file__).with_name(driver)), scenario,
             str(tmp_path_factory.mktemp(scenario)), found.stdout.strip(), *arguments],
            capture_output=True, text=True, check=False, timeout=90,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]), version=request.param)

    return story


def test_weights_are_honoured(tell):
    story = tell("balance")
    assert story["back"]["changed"] and story["front"]["changed"], story
    assert story["weighted"] == {"web1": 300, "web2": 100}
    assert story["keepalive"]["reloaded"] and sum(story["kept"].values()) == 20


def test_the_address_of_the_client_is_passed_on_and_logged(tell):
    story = tell("balance")
    code, body = story["passed_on"]
    # nothing of the header that the client itself sent is believed
    assert code == 200 and "client=198.18.0.200 real=198.18.0.200 proto=http host=www.example.com connection=" in body
    assert story["log"] == ['198.18.0.200 "203.0.113.7, 198.18.0.200" www.example.com']


def test_what_a_proxy_that_is_believed_says_is_passed_on(tell):
    story = tell("believed")
    for step in ("back", "middle", "front"):
        assert story[step]["config_test"] == [] and not story[step].get("failed"), story[step]
    client = {"x_real_ip": "198.18.0.200", "x_forwarded_for": "198.18.0.200", "x_forwarded_host": "www.example.com"}
    assert story["http"] == {**client, "x_forwarded_proto": "http", "x_forwarded_port": "80"}
    assert story["https"] == {**client, "x_forwarded_proto": "https", "x_forwarded_port": "8443"}
    # the proxy itself passes on what it was told of the client's address, and nothing else
    assert story["forged_by_proxy"] == story["http"]


def test_what_a_client_says_that_is_not_believed_is_not_passed_on(tell):
    story = tell("believed")
    client = {"x_real_ip": "198.18.0.200", "x_forwarded_for": "198.18.0.200", "x_forwarded_proto": "http"}
    assert story["direct"] == client
    assert story["balanced"] == {**client, "x_forwarded_port": "8081"}
    assert story["balanced_tls"] == {**client, "x_forwarded_proto": "https", "x_forwarded_port": "443"}


def test_an_upstream_of_tls_is_asked_by_its_name(tell):
    story = tell("asked")
    assert story["front"]["config_test"] == [] and story["answers"] == [[200, "www"], [200, "app"]], story
    assert story["stream"] == "app"


def test_a_worker_may_open_the_files_that_its_connections_need(tell):
    story = tell("limits")
    assert story["run"]["config_test"] == [], story["run"]
    assert all("Max open files            16640" in text for text in story["files"]), story["files"]


def test_tls_of_others_has_the_defaults_and_is_never_joined_with_ours(tell):
    story = tell("limits")
    refused = "TLSV1_ALERT_PROTOCOL_VERSION"
    assert story["ours"] == [refused, "TLSv1.2", "TLSv1.3"]
    assert story["again"]["changed"] and story["theirs"] == [refused, refused, "TLSv1.3"]
    assert story["both"]["failed"] and "conf.d/tls.conf" in story["both"]["msg"], story["both"]


def test_the_port_that_the_client_asked_for_is_passed_on(tell):
    story = tell("balance")
    assert story["port"]["config_test"] == [], story["port"]
    told = [answer.partition(" host=")[2].partition(" ")[0] for answer in story["asked"]]
    assert told == ["www.example.com:8090", "www.example.com", "[::1]:8090"], story["asked"]


def test_a_backup_is_used_only_when_the_others_are_gone(tell):
    story = tell("balance")
    assert story["unused"] == {"web1": 10, "web2": 10}
    assert story["one_left"] == {"web1": 20}
    assert story["backup_used"] == {"web3": 20}


def test_nginx_takes_every_method(tell):
    story = tell("methods")
    assert all(story[method]["changed"] and story[method]["config_test"] == []
               for method in story if method != "version"), story


@pytest.mark.parametrize("step, words", [
    ("snippet", ['unknown directive "no_such_word"', "openvip.d/http/server/www.conf:4"]),
    ("file", ['unknown directive "no_such_word"', "openvip.d/snippets/x.conf:1"]),
    ("certificate", ["cannot load certificate", "/no.crt"]),
    ("log", ["/no/such/directory/access.log", "No such file or directory"]),
    ("conflicting", ['conflicting server name "www" on 0.0.0.0:82, ignored']),
    ("upstream", ['host not found in upstream "wbe"', 'Did you mean "web"?']),
    ("snippet", ['server www (nginx_server): "no_such_word 5;": unknown directive']),
    ("file", ['file snippets/x.conf (nginx_file): "no_such_word 5;": unknown directive']),
    ("upstream", ['server www (nginx_server): location /: "proxy_pass http://wbe;": host not found in upstream "wbe"']),
    ("content", ["cannot load certificate ssl_certificate_content of server www (nginx_server)"]),
    ("not_held", ["bind() to 198.18.9.9:80 failed", "net.ipv4.ip_nonlocal_bind"]),
])
def test_what_nginx_refuses_changes_nothing(tell, step, words):
    story = tell("failures")
    refused = story[step]
    assert refused["failed"] and not refused["changed"] and "nothing was changed" in refused["msg"], refused
    assert all(word in refused["msg"] for word in words), refused["msg"]
    assert "nginx-config-test" not in refused["msg"]
    assert story[step + "_same"] and story[step + "_workers_same"]
    assert story[step + "_answer"] == [200, "good"]


def test_what_the_running_nginx_cannot_take_is_rolled_back(tell):
    story = tell("failures")
    assert story["socket"]["failed"] and not story["socket"]["changed"] and not story["socket"]["reloaded"]
    assert "bind() to 198.18.0.11:80 failed" in story["socket"]["msg"] and "set restart" in story["socket"]["msg"]
    assert "198.18.0.11:80 overlaps 0.0.0.0:80, which the running nginx holds" in story["socket"]["msg"]
    assert story["socket_same"] and story["socket_answer"] == [200, "good"]


def test_a_restart_where_only_that_helps_and_is_allowed(tell):
    story = tell("restarts")
    assert story["every"]["changed"] and not story["every"]["restarted"]
    assert story["one"]["changed"] and story["one"]["restarted"] and story["one_answer"] == [200, "198.18.0.11:80"]


def test_nginx_is_not_restarted_where_that_cannot_help(tell):
    story = tell("restarts")
    assert story["other"]["failed"] and not story["other"]["restarted"] and "former files" in story["other"]["msg"]
    assert "server www: 198.18.0.11:81 cannot be bound, because python" in story["other"]["msg"], story["other"]["msg"]
    assert "stream server dns: it listens on 0.0.0.0:82, and server on 0.0.0.0:82" in story["stream"]["msg"]
    assert story["other_same"] and story["other_answer"] == [200, "198.18.0.11:80"]
    # to bind the one address
    assert story["restarts"] == ["restart"]


def test_check_mode_passes_over_an_address_that_a_task_may_yet_allow(tell):
    checked = tell("failures")["check_not_held"]
    assert checked["changed"] and "failed" not in checked and "bind() to 198.18.9.9:80" in checked["config_test"][0]


def test_a_check_goes_on_without_what_later_tasks_bring(tell):
    story = tell("failures")
    assert story["before_files"]["changed"] and story["before_files"]["config_test"] == [], story["before_files"]
    unknown = story["before_files_unknown"]
    files = [words.partition(" does not exist")[0].rpartition("/")[2] for words in unknown["config_test"]]
    assert unknown["changed"] and files == ["no.crt", "no.key"]
    for step in ("package", "streams"):
        assert story["before_" + step]["changed"] and not story["before_" + step].get("failed"), story["before_" + step]


@pytest.mark.parametrize("step, words", [
    ("files_wrong", 'server www (nginx_server): "no_such_word 5;": unknown directive "no_such_word"'),
    ("streams_unknown", 'unknown directive "stream"'),
    ("streams_wrong", 'server www (nginx_server): "return 1 2 3;": invalid number of arguments'),
])
def test_a_check_names_what_is_wrong_beside_what_later_tasks_bring(tell, step, words):
    refused = tell("failures")["before_" + step]
    assert refused["failed"] and words in refused["msg"], refused


def test_files_of_others_stay(tell):
    assert tell("failures")["user_file"] == "# of the user\n"
    assert tell("life")["answers_after"][2] == [200, "user"]


def test_four_runs_check_run_check_run(tell):
    story = tell("life")
    assert story["check"]["changed"] and sorted(story["nothing"]) == ["conf.d/user.conf", "mime.types", "modules.conf"]
    assert story["run"]["changed"] and story["run"]["diff"] == story["check"]["diff"]
    assert sorted(story["written"]) == [
        "conf.d/user.conf", "mime.types", "modules.conf", "nginx.conf", "openvip.d/http/server/shop.conf",
        "openvip.d/http/server/www.conf", "openvip.d/nginx.conf", "openvip.d/snippets/x.conf"]
    assert not story["check_again"]["changed"] and not story["run_again"]["changed"] and story["written_again"]
    assert story["run_again"]["diff"] == [] and story["page"] == "lb1\n"


def test_reloads_lose_no_request(tell):
    story = tell("life")
    assert all(change["changed"] and change["reloaded"] for change in [*story["changes"], story["removed"]])
    assert set(story["outcomes"]) == {"ok"} and story["outcomes"]["ok"] > 100


def test_a_removed_site_is_gone_with_its_file(tell):
    story = tell("life")
    assert story["answers"] == [[200, "www"], [200, "shop"], [200, "user"]]
    assert story["answers_after"][:2] == [[200, "www"], [0, "ConnectionRefusedError"]]
    ours = [path for path in story["after"] if path.startswith("openvip.d/")]
    assert ours == ["openvip.d/http/server/www.conf", "openvip.d/nginx.conf"]
    [backup] = story["removed"]["backup_files"]
    kept = f".openvip/{backup.rpartition('/')[2]}/http/server/shop7.conf"
    assert "shop7" in story["after"][kept][0]


def test_a_reload_that_an_earlier_run_still_owes_is_made(tell):
    story = tell("life")
    assert story["written_only"]["changed"] and not story["written_only"]["reloaded"]
    assert story["still"] == [200, "www"]
    assert story["owed_check"]["changed"]
    assert story["owed"]["changed"] and story["owed"]["reloaded"] and story["late"] == [200, "late"]
    assert not story["owed_again"]["changed"]


def test_tls_of_today(tell):
    story = tell("tls")
    assert story["handshakes"] == {"TLSv1_1": ["TLSV1_ALERT_PROTOCOL_VERSION", None], "TLSv1_2": ["TLSv1.2", "h2"],
                                   "TLSv1_3": ["TLSv1.3", "h2"]}
    assert story["files"]["reloaded"] and story["handshake"] == ["TLSv1.3", "http/1.1"]
    site = story["written"]["openvip.d/http/server/www.conf"][0]
    assert ("http2 on;" in site) == (story["version"] == "1.26.3") and story["content"]["config_test"] == []


def test_a_key_is_readable_for_its_owner_alone_and_never_shown(tell):
    story = tell("tls")
    text, mode = story["written"]["openvip.d/ssl/www.key"]
    assert mode == "0o100600" and "PRIVATE KEY" in text
    assert story["other_key"]["changed"] and "a masked value differs" in json.dumps(story["other_key"]["diff"])
    for step in ("content", "other_key"):
        assert text.splitlines()[1] not in json.dumps(story[step])
    assert "openvip.d/ssl/www.key" not in story["after"]


def test_streams_are_forwarded(tell):
    story = tell("forwarded")
    assert story["run"]["changed"], story
    assert (story["tcp"], story["udp"]) == ("OVER TCP", "OVER UDP")


def test_the_numbers_are_for_those_who_may_ask(tell):
    story = tell("forwarded")
    assert story["allowed"][0] == 200 and "Active connections" in story["allowed"][1]
    assert story["denied"][0] == 403


def test_killed_at_any_point_nginx_takes_the_live_files_and_the_next_run_heals(tell):
    story = tell("kills", "nginx_kill_driver.py")
    assert not story["first"].get("failed"), story["first"]
    assert story["wrong"] == [] and set(story["versions"]) == {"one", "two"}
    assert story["points"]["today"] >= 10 and story["points"]["former"] >= 14


@pytest.mark.parametrize("sizes", [(), pytest.param(tuple(map(str, [*range(65), 128])), marks=pytest.mark.slow)])
def test_a_full_disk_changes_nothing_or_is_no_hindrance(tell, sizes):
    story = tell("full_disk", "nginx_kill_driver.py", *sizes)
    outcomes = story["outcomes"]
    assert story["wrong"] == [] and outcomes["128"] == ["two", ""] and outcomes["0"][0] == "one", outcomes
    assert all("the disk is full" in message for version, message in outcomes.values() if version == "one"), outcomes


def test_two_runs_at_once_are_one_after_the_other(tell):
    story = tell("together", "nginx_kill_driver.py")
    assert set(story["codes"]) == {0} and story["wrong"] == []


def test_what_a_person_has_written_is_what_nginx_does(tell):
    story = tell("meaning")
    assert story["findings"] == [] and story["run"]["changed"], story["run"]
    assert {path: answer[0] for path, answer in story["answers"].items()} == {
        "/.git/config": 403, "/img/a.php": 200, "/exact": 200, "/exact/more": 404, "/aa;b": 200, "/a/b;c": 200,
        "/a%20b/c": 200, "/x.PNG": 200, "/closed/page": 403, "/missing": 418, "/none.html": 200}
    assert story["answers"]["/exact"][1] == "exactly; {this}" and story["answers"]["/none.html"][1] == "spare"
    assert story["allowed"] == [200, "closed/page"]
    assert story["realm"] == 'Basic realm="Closed site"' and story["expires"] == "max-age=5; x"


def test_names_are_names_and_who_answers_for_others_is_ours(tell):
    names = tell("meaning")["names"]
    assert names == {"www.example.com": [200, "index.html"], "example.com": [200, "index.html"],
                     "n123.example": [200, "index.html"], "user": [200, "user"], "other": [200, "index.html"]}


def test_raw_lines_come_before_an_answer_and_formats_before_logs(tell):
    story = tell("meaning")
    assert [code for code, _text in story["maintenance"]] == [200, 503]
    assert story["logs"]["user.log"] == 'typed "user"' and "HTTP/1.1" in story["logs"]["raw.log"]
    # and no log is called off
    assert not {"off", "False", "false"} & set(story["files"])


def test_the_remedies_of_the_refusal_keep_what_somebody_else_has_set_up(tell):
    story = tell("takeover")
    assert story["refused"]["failed"] and "log_format main of" in story["refused"]["msg"]
    assert 'unknown log format "main"' in story["no_format"]["msg"]
    assert "Describe the format in log_format." in story["no_format"]["msg"]
    for step in ("pattern", "included"):
        assert story[step]["changed"] and story[step]["config_test"] == [], story[step]
    assert story["shop"] == [200, "shop"]


def test_times_sizes_and_special_words_are_those_that_nginx_takes(tell):
    taken = tell("notation")["taken"]
    assert set(taken) == set(NOTATIONS)
    rows = {row.key: row for path in ("http", "http/server", "http/server/location") for row in table.SECTIONS[path]}

    def accepted(key, text):
        try:
            KINDS[rows[key].kind].parse(rows[key], quote(text) if rows[key].kind == WORDS else text)
        except BadValueError:
            return False
        return True

    differing = [f"{key} {text}" for key, texts in taken.items() for text, is_taken in texts.items()
                 if accepted(key, text) != is_taken]
    assert not differing, "\n".join(differing)


def test_words_reach_nginx_as_they_are(tell):
    story = tell("notation")
    assert story["run"]["changed"] and story["read"] == [word.strip() for word in ODD]


def test_twenty_reloads_lose_no_request(tell):
    story = tell("load")
    assert not story["first"].get("failed") and story["reloads"] == [[True, True]] * 20
    assert {kind: found["failed"] for kind, found in story["counts"].items()} == {"new": 0, "kept": 0, "slow": 0}
    # A kept connection that was closed had no answer begun, and the request that followed over a new one was answered.
    assert story["counts"]["new"]["ok"] > 100 and story["counts"]["kept"]["ok"] > 100, story["counts"]
    assert story["counts"]["slow"]["ok"] > 0 and story["counts"]["slow"]["closed"] == 0, story["counts"]
    print(story["counts"])
