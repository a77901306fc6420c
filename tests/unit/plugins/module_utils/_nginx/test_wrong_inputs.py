# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong configurations as a person writes them in YAML, and the sentence about each: object, fault, remedy, nearest."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise

BLOCKS = {
    "whole": "%s",
    "events": "events: {%s}",
    "http": "http: {%s}",
    "format": "http: {log_format: [{%s}]}",
    "status": "http: {stub_status: {listen: ['8080'], %s}}",
    "upstream": "http: {upstream: [{name: web, %s}]}",
    "member": "http: {upstream: [{name: web, server: [{address: '198.18.0.21:80', %s}]}]}",
    "server": "http: {server: [{name: www, listen: ['80'], %s}]}",
    "location": "http: {server: [{name: www, listen: ['80'], location: [{uri: /, %s}]}]}",
    "uri": "http: {server: [{name: www, listen: ['80'], location: [{%s}]}]}",
    "stream": "stream: {server: [{name: dns, listen: ['53'], proxy_pass: dns, %s}]}",
}
WRONG = [
    # words that YAML reads as something else
    ("server", "server_name: [on]",
     "server www: server_name is true, which YAML makes of on, yes and true. Put the word in quotes."),
    ("server", "server_name: [~]",
     "server www: server_name is null, which YAML makes of ~ and of nothing. Put the word in quotes."),
    ("server", "server_name: 1.10",
     "server www: server_name is the number 1.1 for YAML, which drops zeros and reads 1:30 as 90. Put it in quotes "
     "as it is meant."),
    ("server", "listen: [no]",
     "server www: listen is false, which YAML makes of off, no and false. Put the word in quotes."),
    ("server", "access_log: yes",
     'server www: access_log has "on", which is no word of nginx here. Write off.'),
    ("server", "access_log: 'False'",
     'server www: access_log has "False", which is no word of nginx here. Write off.'),
    ("server", "error_log: off",
     'server www: error_log has "off", and nginx would log to a file of that name. Write /dev/null crit.'),
    ("http", "access_log: ['no']",
     'http: access_log has "no", which is no word of nginx here. Write off.'),
    ("whole", "error_log: 'off warn'",
     'nginx.conf: error_log has "off warn", and nginx would log to a file of that name. Write /dev/null crit.'),
    ("server", "access_log: [off, /l]",
     "server www: access_log has off beside other logs, and nginx would write none. Leave out one or the other."),
    ("server", "add_header: {X-A: true}",
     'server www: add_header "X-A" is true, which YAML makes of on, yes and true. Put the word in quotes.'),
    ("server", "add_header: {Sunset: 2026-12-01}",
     'server www: add_header "Sunset" must be text, got a date. Write it on one line, in quotes.'),
    ("location", "expires: yes",
     "server www: location /: expires is true, which YAML makes of on, yes and true. Write off, or put the word in "
     "quotes."),
    ("location", "auth_basic: on",
     "server www: location /: auth_basic is true, which YAML makes of on, yes and true. Write off, or put the word "
     "in quotes."),
    ("location", "proxy_pass: yes",
     "server www: location /: proxy_pass is true, which YAML makes of on, yes and true. Put the word in quotes."),
    ("location", "root: off",
     "server www: location /: root is false, which YAML makes of off, no and false. Put the word in quotes."),
    ("http", "sendfile: of",
     'http: sendfile must be true or false, got "of". Write true or false.'),
    ("member", "weight: 1.5",
     'upstream web: server 198.18.0.21:80: weight must be a whole number, got "1.5". Write digits only.'),
    ("upstream", "server: [{address: 10:22}]",
     'upstream web: server 622: address must be an address and a port, got the number "622". Write it in quotes, '
     'like "198.18.0.21:80".'),
    # null and nothing
    ("uri", "uri: /x, modifier: ~",
     'server www: location /x: modifier is null, which YAML makes of ~ without quotes. Write "~" in quotes, or '
     "leave the key out."),
    ("uri", "uri: ~",
     'server www: location number 1: uri is null, which YAML makes of ~ without quotes. Write "~" in quotes.'),
    ("server", "allow: ~",
     "server www: allow is null, so it would have no effect. Write a value, or leave the key out."),
    ("server", "allow: []",
     "server www: allow is empty, so it would have no effect. Write a value, or leave the key out."),
    ("stream", "allow: []",
     "stream server dns: allow is empty, so it would have no effect. Write a value, or leave the key out."),
    ("location", "auth_basic_user_file: ~",
     "server www: location /: auth_basic_user_file is null, so it would have no effect. Write a value, or leave the "
     "key out."),
    ("server", "return: ~",
     "server www: return is null, so it would have no effect. Write a value, or leave the key out."),
    ("server", "root: ''",
     "server www: root must be one line of text. Add it or leave it out."),
    ("location", "try_files: ['']",
     "server www: location /: try_files has an empty entry. Remove it."),
    ("location", "try_files: $uri",
     'server www: location /: try_files needs 2 words, got "$uri". Add what is missing.'),
    ("location", "try_files: ['$uri']",
     'server www: location /: try_files needs 2 words, got "$uri". Add what is missing.'),
    # lists of words
    ("server", "index: [my index.html]",
     'server www: index has an entry of 2 words: "my index.html". Write each as an entry, or put a name that has '
     "blanks in quotes of its own: '\"my index.html\"'."),
    ("location", "try_files: [$uri $uri/, =404]",
     'server www: location /: try_files has an entry of 2 words: "$uri $uri/". Write each as an entry, or put a name '
     "that has blanks in quotes of its own: '\"$uri $uri/\"'."),
    ("upstream", "method: round_robin",
     'upstream web: method has no "round_robin". Leave method out: the servers take turns by weight.'),
    ("server", "server_name: 'a.com, b.com'",
     'server www: server_name has "a.com,", which no request can have as its name. Write a.com alone.'),
    ("server", "server_name: 'a.com,b.com'",
     'server www: server_name has "a.com,b.com", which no request can have as its name. Write names as entries of a '
     "list."),
    ("server", "server_name: https://a.com/",
     'server www: server_name has "https://a.com/", which no request can have as its name. Write a.com alone.'),
    ("server", "server_name: 'a.com:443'",
     'server www: server_name has "a.com:443", which no request can have as its name. Write a.com alone.'),
    ("server", "server_name: bücher.example",
     'server www: server_name has "bücher.example", which browsers send in ASCII. Write xn--bcher-kva.example.'),
    ("server", "server_name: 'a.com;'",
     'server www: server_name has ";" outside of quotes: "a.com;". Leave it out.'),
    ("server", "server_name: server_name a.com",
     'server www: server_name repeats its key: "server_name a.com". Write what follows it.'),
    ("server", "server_name: '\"a.com'",
     'server www: server_name has a quote without its end: ""a.com". Close the quotes, or leave them out.'),
    ("location", "index: [{index.html: x}]",
     "server www: location /: index must be a list of texts, and an entry is a dictionary. A colon followed by a "
     'blank makes one. Write it on one line, in quotes: "index.html x".'),
    ("http", "ssl_protocols: [TLS1.3]",
     'http: ssl_protocols has "TLS1.3", which is none of SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3. Did you '
     'mean "TLSv1.3"?'),
    ("location", "proxy_next_upstream: time_out",
     'server www: location /: proxy_next_upstream has the unknown case "time_out". Did you mean "timeout"?'),
    ("http", "include: mime.types conf.d/*.conf",
     'http: include takes one word, got 2: "mime.types conf.d/*.conf". Write each as an entry: [mime.types, '
     "conf.d/*.conf]."),
    ("server", "allow: 10.0.0.0/8 192.168.0.0/16",
     'server www: allow takes one word, got 2: "10.0.0.0/8 192.168.0.0/16". Write each as an entry: [10.0.0.0/8, '
     "192.168.0.0/16]."),
    ("server", "allow: [10.0.0.0/33]",
     'server www: allow has "10.0.0.0/33", which is neither an address nor a network. Write it like 198.18.0.11, '
     "198.18.0.0/24, 2001:db8::/32, unix: or all."),
    ("server", "error_page: [404]",
     'server www: error_page needs 2 words, got "404". Add what is missing.'),
    ("server", "error_page: {404: /x.html}",
     "server www: error_page must be text, got a dictionary. A colon followed by a blank makes one. Write it on one "
     'line, in quotes: "404 /x.html".'),
    ("server", "error_page: [/x.html 404]",
     'server www: error_page has "/x.html", which is no code from 300 to 599. Write codes, and the page last: 500 '
     "502 /50x.html."),
    # texts
    ("server", "return: 200 hello world",
     'server www: return takes 2 words at most, got 3: "200 hello world". Put what has blanks in quotes of its own: '
     '200 "hello world".'),
    ("server", "return: [301, https://x]",
     'server www: return must be text, got a list. Write return: "301 https://x".'),
    ("server", "return: nothing",
     'server www: return has "nothing" in the place of the code. Write a code such as 404, 301 '
     'https://$host$request_uri or 200 "some text".'),
    ("location", "proxy_pass: 'http://web;'",
     'server www: location /: proxy_pass has ";" outside of quotes: "http://web;". Leave the ; out.'),
    ("location", "proxy_redirect: http://a/",
     'server www: location /: proxy_redirect must be off, default or two texts, got "http://a/". Add what stands in '
     "the place of it, or write off."),
    ("server", "root: '/srv/www;'",
     'server www: root has ";" at its end: "/srv/www;". Leave it out.'),
    ("upstream", "server: [80]",
     "upstream web: server number 1: must be a dictionary. Write keys and values below it."),
    ("upstream", "server: ['198.18.0.21 wieght=3']",
     'upstream web: server 198.18.0.21: unknown key "wieght". Did you mean "weight"?'),
    ("upstream", "server: ['198.18.0.21; x']",
     'upstream web: server has ";" outside of quotes: "198.18.0.21; x". Write its address and parameters.'),
    ("format", "name: a, escape: json, format: escape=json x",
     "log_format a: format has escape in front of it, and escape is there, too. Leave out one of them."),
    ("format", "name: a, format: escape=jsn x",
     'log_format a: format must be default, json or none, got "jsn". Did you mean "json"?'),
    ("upstream", "server: [{address: 'http://a:80'}]",
     'upstream web: server http://a:80: address has a scheme: "http://a:80". Write a:80. The scheme stands in '
     "proxy_pass."),
    ("upstream", "method: 'hash $a;x'",
     'upstream web: method has ";" outside of quotes: "hash $a;x". Write the parameters of one directive, or use '
     "raw."),
    ("status", "uri: status",
     'stub_status: uri must begin with /, got "status". Write /status.'),
    ("format", "name: main, format: \"'$a ' '$b'\"",
     "log_format main: format is in nginx's quotes, which would be part of the lines. Write the text alone: $a $b"),
    ("format", 'name: main, format: "a\\nb"',
     "log_format main: format has a line break, which every line of the log would have. Fold it by >- in YAML."),
    ("whole", "worker_processes: Auto",
     'nginx.conf: worker_processes must be auto or a number from 1, got "Auto". Write auto for one per processor.'),
    # blocks
    ("server", "location: {/api: {return: 404}}",
     'server www: location must be a list. Begin each entry with -, such as "- uri: /api".'),
    ("http", "log_format: {main: $host}",
     'http: log_format must be a list. Begin each entry with -, such as "- name: main".'),
    ("http", "upstream: {name: web}", "http: upstream must be a list. Begin each entry with -."),
    ("http", "server: www", "http: server must be a list. Begin each entry with -."),
    # headers
    ("server", "add_header: [X-A b]",
     'server www: add_header must be a dictionary of headers. Write name and value of each, like "X-A: b".'),
    ("server", "add_header: {X-A: 1 always}",
     'server www: add_header "X-A" has always at its end, which is written by itself. Leave it out.'),
    ("server", "add_header: {X-A: [a, b]}",
     'server www: add_header "X-A" must be text, got a list. Write X-A: "a b".'),
    ("server", "add_header: {'X-A:': b}",
     'server www: add_header has "X-A:", which is no name of a header. Write the name alone.'),
    ("location", "proxy_set_header: {Host: a, host: b}",
     'server www: location /: proxy_set_header has "Host" twice: names are the same in any case. Keep one of them.'),
    ("server", "allow: 10.0.0.0/255.0.0.0",
     'server www: allow has "10.0.0.0/255.0.0.0", which is neither an address nor a network. Write it like '
     "198.18.0.11, 198.18.0.0/24, 2001:db8::/32, unix: or all."),
    ("server", "error_log: /var/log/e.log warning",
     'server www: error_log has the unknown level "warning". Did you mean "warn"?'),
    ("server", "server_name: example.com.",
     'server www: server_name has "example.com.", which no request can have as its name. Write example.com alone.'),
    ("server", "return: $target",
     'server www: return has "$target" in the place of the code. Write a code such as 404, '
     '301 https://$host$request_uri or 200 "some text".'),
    # sizes and times
    ("server", "client_max_body_size: 10MB",
     'server www: client_max_body_size must be a size such as 64k, got "10MB". Write 10m.'),
    ("server", "client_max_body_size: off",
     'server www: client_max_body_size must be a size such as 64k, got "off". Units are k, m and g.'),
    ("server", "client_max_body_size: 9999999999999g",
     'server www: client_max_body_size must be a size such as 64k, "9999999999999g" is too large. Write 0 for any '
     "size."),
    ("location", "proxy_read_timeout: 5 minutes",
     'server www: location /: proxy_read_timeout must be a time such as 10s, got "5 minutes". Write 5m.'),
    ("location", "proxy_read_timeout: 1M",
     'server www: location /: proxy_read_timeout must be a time such as 10s, got "1M". Write it like 10s or 500ms. '
     "Units are w, d, h, m (minutes) and s, and ms."),
    ("location", "proxy_read_timeout: -5",
     'server www: location /: proxy_read_timeout must be a time such as 10s, got "-5". Write it like 10s or 500ms. '
     "Units are w, d, h, m (minutes) and s, and ms."),
    ("location", "proxy_read_timeout: 5s1m",
     'server www: location /: proxy_read_timeout must be a time such as 10s, got "5s1m". Write it like 10s or '
     "500ms. Units are w, d, h, m (minutes) and s, and ms."),
    ("http", "ssl_session_timeout: 500ms",
     'http: ssl_session_timeout must be a time such as 10s, got "500ms". Write it like 10s or 1h30m. Units are y, M '
     "(months), w, d, h, m (minutes) and s."),
    ("http", "ssl_session_cache: nine",
     'http: ssl_session_cache must be off, none, builtin or shared:NAME:SIZE, got "nine". Did you mean "none"?'),
    ("http", "ssl_session_cache: shared:TLS:10MB",
     'http: ssl_session_cache must be a size such as 64k, got "10MB". Write 10m.'),
    ("http", "keepalive_timeout: 65 sec",
     'http: keepalive_timeout must be a time such as 10s, got "sec". Write it like 10s or 1h30m. Units are y, M '
     "(months), w, d, h, m (minutes) and s."),
    ("location", "expires: epoh",
     'server www: location /: expires must be a time, epoch, max or off, got "epoh". Did you mean "epoch"?'),
    ("location", "expires: 30 d",
     'server www: location /: expires has "30" before the time. Write 30d.'),
    # places
    ("uri", "uri: api",
     'server www: location api: uri "api" begins with neither / nor @, so no request is like it. Write /api.'),
    ("uri", "uri: \\.php$",
     'server www: location \\.php$: uri "\\.php$" begins with neither / nor @, so no request is like it. A regular '
     'expression needs modifier: "~".'),
    ("uri", "uri: = /x, modifier: '='",
     'server www: location = = /x: uri "= /x" has a modifier, and modifier is "=", too. Write modifier: "=" and '
     'uri: "/x", or leave modifier out.'),
    ("uri", "uri: ~ x, modifier: ^~",
     'server www: location ^~ ~ x: uri "~ x" has a modifier, and modifier is "^~", too. Write modifier: "~" and '
     'uri: "x", or leave modifier out.'),
    ("uri", "uri: '@spare', modifier: '='",
     'server www: location = @spare: uri "@spare" is a name, which takes no modifier. Leave modifier out.'),
    ("uri", "uri: /, modifier: '*~'",
     'server www: location *~ /: modifier must be =, ~, ~* or ^~, got "*~". Did you mean "~"?'),
    ("uri", "uri: '/x {'",
     'server www: location /x {: uri "/x {" has "{" at its end. Leave it out.'),
    ("uri", "uri: '~'",
     'server www: location ~: uri has the modifier "~" alone. Add the path.'),
    ("uri", "uri: '~ ~x'",
     'server www: location ~ ~x: uri begins with "~" behind the modifier. Leave it out, or write it as [~].'),
    ("format", "name: a, format: ''",
     "log_format a: format is empty. Write what a line has."),
    # keys
    ("server", "lisen: ['81']",
     'server www: unknown key "lisen". Did you mean "listen"? Other directives of nginx are written in raw.'),
    ("server", "gzip: on",
     'server www: unknown key "gzip". nginx knows it, and it is no option: write raw: ["gzip on;"].'),
    ("location", "proxy_cache: zone",
     'server www: location /: unknown key "proxy_cache". nginx knows it, and it is no option: write raw: '
     '["proxy_cache zone;"].'),
    ("server", "gzip_typs: text/css",
     'server www: unknown key "gzip_typs". Did you mean "gzip_types"? nginx knows it, and it is no option: write '
     'raw: ["gzip_types text/css;"].'),
    ("server", "worker_connections: 9",
     'server www: unknown key "worker_connections". It stands in events.'),
    ("server", "limit_req_zone: x",
     'server www: unknown key "limit_req_zone". nginx takes it in http, where it is written as raw: '
     '["limit_req_zone x;"].'),
    ("http", "allow: [all]",
     'http: unknown key "allow". It stands in a server of http, a location and a server of stream. nginx knows it '
     'here, too: write raw: ["allow all;"].'),
    ("whole", "server: []",
     'nginx.conf: unknown key "server". It stands in http, an upstream of http, stream and an upstream of stream.'),
    ("events", "sesame: 1",
     'events: unknown key "sesame". Known are: worker_connections, multi_accept, raw. Other directives of nginx are '
     "written in raw."),
    ("format", "name: a, format: b, raw: [x]",
     "log_format a: unknown key \"raw\". Lines in nginx's own words stand in raw of the block around it."),
    ("http", "map: {a: b}",
     'http: unknown key "map". nginx knows it, and it is no option: write raw: ["map ... { ... }"].'),
    # raw
    ("server", "raw: [gzip on]",
     'server www: raw has "gzip on" without ";" at its end. Each directive ends with ;, and each { has a } '
     "behind it."),
    ("server", "raw: ['}']",
     'server www: raw has a "}" without its "{". Each directive ends with ;, and each { has a } behind it.'),
    ("http", "raw: ['map $uri $x { default 1;']",
     'http: raw has a "{" without its "}". Each directive ends with ;, and each { has a } behind it.'),
    ("http", "raw: ['map $a $b { default 1 }']",
     'http: raw has "default 1" without ";" at its end. Each directive ends with ;, and each { has a } '
     "behind it."),
    ("http", "raw: [\"add_header X 'a;\"]",
     "http: raw has a quote without its end. Each directive ends with ;, and each { has a } behind it."),
]


@pytest.mark.parametrize("block, text, sentence", WRONG, ids=[f"{block}-{text}" for block, text, dummy in WRONG])
def test_what_is_wrong_is_refused_with_object_fault_and_remedy(block, text, sentence):
    found = [str(finding) for finding in normalise(yaml.safe_load(BLOCKS[block] % text))[1]]
    assert found == [sentence]
