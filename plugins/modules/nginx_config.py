#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_config
short_description: Write the configuration of nginx as a whole
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Writes the configuration from data in nginx's own words into the directory C(openvip.d) beside C(nginx.conf), with a
    file for each upstream and each server.
  - C(nginx.conf) itself includes C(openvip.d/nginx.conf) and names the C(pid) file, because scripts of distributions
    read that name there. Nothing else in C(nginx.conf) depends on the configuration.
  - Servers of upstreams may be inventory groups. Their addresses are found on the controller, from C(ansible_host) when
    that is an address, or else from the facts.
  - The data is checked before anything is changed. An unknown word is refused with the nearest known one.
  - YAML reads some words as something else. C(off) may be written without quotes where nginx takes that word. Elsewhere
    what YAML has read as a boolean, a date, null or a number with a dot is refused with the advice to quote it, as in
    C(modifier), whose C(~) and C(=) need quotes. A number that begins with 0 or has a colon, such as C(22:22), is
    another number before the module sees it, so put it in quotes.
  - A key that is null is as if it were not there. C(allow), C(auth_basic), C(auth_basic_user_file), C(return),
    C(modifier) and C(uri) must not be null, so that nothing is open that they are to close.
  - What nginx takes as a list of words, such as C(server_name), is a list, or one text with blanks.
  - Within a block the directives stand in the order of the options. So C(include) stands behind the servers of C(http),
    and C(raw) before C(allow) and C(return).
  - Rules judge what the configuration means for nginx, such as a server that no request reaches. Each of them has a
    page in C(docs/rules), with a wrong and a right example.
  - On the target the whole tree is tested with C(nginx -t) in a place of its own, where every relative path leads to
    the new files.
  - Then C(openvip.d) is exchanged as a whole by one rename, and nginx is reloaded. It is restarted only if O(restart)
    allows it. The module waits until the master starts workers with the new configuration. If it does not, all former
    files are restored.
  - A full disk, a lost connection or a power failure leaves the complete former or the complete new configuration, and
    the next run finishes the work. Two simultaneous runs change the host one after the other.
  - What an earlier run wrote to C(openvip.d) and is no longer wanted is removed, such as a site. Everything else beside
    it stays. What else is included, says C(include).
extends_documentation_fragment:
  - openvip.cluster.nginx
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
attributes:
  check_mode:
    support: full
    details:
      - In check mode the configuration is rendered, checked and tested, but nothing is written or reloaded.
      - As long as nginx is not installed, C(nginx -t) is left out in check mode, and the words of the newest nginx are
        used.
  diff_mode:
    support: full
    details:
      - Files that others than their owner cannot read, such as keys, are masked.
  idempotent:
    support: full
options:
  file:
    description:
      - Files that are written and rolled back together with the configuration, such as pages and snippets.
      - Files below C(openvip.d) change in one step with the configuration. Files elsewhere are written one by one
        before it. So give a relative path to files that must match the configuration, such as a certificate and its
        key. They are then in C(openvip.d).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description:
          - A path relative to C(openvip.d), where the file is removed when it is no longer wanted, or an absolute path
            elsewhere, where it stays.
        type: path
        required: true
      content:
        description: The text. A line break is added at the end where there is none.
        type: str
        required: true
      mode:
        description: The permissions.
        type: str
        default: "0644"
  path:
    description: The main file.
    type: path
    default: /etc/nginx/nginx.conf
  backup:
    description:
      - Whether the former main file, the former C(openvip.d) and each former O(file) elsewhere are kept. They are in
        the directory C(.openvip) beside each, under names with a timestamp. Only root can enter that directory.
      - Private keys are not kept, nor other files in C(openvip.d) that not everybody can read. Each run removes those
        that an earlier version has kept.
    type: bool
    default: true
  backup_count:
    description: How many former versions of each are kept, including the latest one. V(0) keeps no new one and removes
      none.
    type: int
    default: 10
    version_added: 1.1.0
  config_test:
    description: Whether a changed configuration is tested with C(nginx -t) on the target before it is written.
    type: bool
    default: true
  config_test_later:
    description:
      - Packages and, by their absolute paths, files of certificates that a later task brings. They only matter in check
        mode, where the test goes on without them.
      - As long as one of the packages is not installed, nginx may miss a directive, a variable, a module, a file or a
        user. A file of a certificate that is missing is left out of the test in any case, with a warning unless it is
        listed.
    type: list
    elements: str
    default: []
    version_added: 1.1.0
  config_test_timeout:
    description: Seconds after which the test is taken for hung and the configuration is refused.
    type: float
    default: 30.0
  reload:
    description:
      - Whether a running nginx is reloaded after a change. A stopped one is not started.
      - After a change with V(false), the next run with V(true) reloads nginx even if nothing differs.
    type: bool
    default: true
  restart:
    description:
      - Whether nginx may be restarted by systemd where a reload cannot help, because a new address is held by its own
        old socket, as when C(listen 80) becomes C(listen 198.18.0.100:80). A restart ends open connections.
      - It is not restarted where that cannot help, because another program holds an address, or HTTP and a stream want
        the same one. The message names both.
      - When it does not start with the new configuration, it is started with the former one again.
    type: bool
    default: false
  upgrade:
    description:
      - Whether a running nginx that runs another program than O(binary), for example a former version, becomes that
        program. It does so without losing a connection where it was started by a path that leads to O(binary) now, such
        as that of a link that has been switched (SIGUSR2). Anything else is a restart, for which O(restart) must be
        true.
      - When the new one does not work, the former one goes on, with the former files.
    type: bool
    default: false
  binary:
    description: The nginx program.
    type: str
    default: nginx
  version:
    description:
      - The version that the files are for, for example V(1.26.3), which is installed only later or by an earlier task.
      - The default is that of O(binary).
    type: str
  takeover:
    description:
      - Whether what somebody else has set up for nginx on the host may go. Otherwise the configuration is refused, in
        check mode, too, where it would end or replace that.
      - A file that O(path) includes, or O(path) itself, is somebody else's when it has C(server) or C(location) blocks,
        was not written by this module, and is not as a package has installed it, by C(dpkg --verify) or
        C(rpm --verify). It would end when the new configuration does not include it. C(conf.d/*.conf), for example,
        may go on to be included.
      - An existing O(file) elsewhere that would be replaced is somebody else's when it is not as a package has
        installed it, and is not below a C(root) that this module has written before. Once O(path) is this module's,
        only files below a C(root) are looked at.
    type: bool
    default: false
  unit:
    description: The systemd unit that is reloaded when it is active. Otherwise the master process gets C(SIGHUP).
    type: str
    default: nginx.service
seealso:
  - module: openvip.cluster.keepalived_config
  - name: nginx documentation
    description: Every directive.
    link: https://nginx.org/en/docs/
"""

EXAMPLES = r"""
# The group web has the variable ansible_host for each host, or its facts have been gathered.
- name: Balance the hosts of the group web and pass on the client's address
  openvip.cluster.nginx_config:
    config:
      user: www-data
      pid: /run/nginx.pid
      error_log:
        - /var/log/nginx/error.log
      include:
        - modules-enabled/*.conf
      http:
        include:
          - mime.types
        upstream:
          - name: web
            method: least_conn
            keepalive: 16
            server_group:
              - group: web
                port: 80
                max_fails: 2
                fail_timeout: 5s
        server:
          - name: www
            listen:
              - "80"
            location:
              - uri: /
                proxy_pass: http://web

- name: On the web servers, believe the balancers when they name the client, and log its address
  openvip.cluster.nginx_config:
    config:
      user: www-data
      pid: /run/nginx.pid
      error_log:
        - /var/log/nginx/error.log
      http:
        include:
          - mime.types
        set_real_ip_from_group:
          - lb
        log_format:
          - name: client
            format: $remote_addr [$time_local] "$request" $status "$http_x_forwarded_for"
        access_log:
          - /var/log/nginx/access.log client
        server:
          - name: www
            listen:
              - "80"
            root: /var/www/html

- name: Speak TLS with a certificate from the vault, redirect from HTTP, and tell the monitoring hosts the numbers
  openvip.cluster.nginx_config:
    config:
      user: www-data
      pid: /run/nginx.pid
      http:
        include:
          - mime.types
        stub_status:
          listen:
            - "8080"
          allow_group:
            - monitoring
        server:
          - name: www
            server_name:
              - www.example.com
            listen:
              - 443 ssl
            http2: true
            ssl_certificate_content: "{{ vault_www_certificate }}"
            ssl_certificate_key_content: "{{ vault_www_key }}"
            location:
              - uri: /
                proxy_pass: http://198.18.0.21
          - name: redirect
            server_name:
              - www.example.com
            listen:
              - "80"
            return: 301 https://$host$request_uri

# What begins with ~, = or @, or has { or a colon in it, is best put in quotes. A regular expression is written as it is
# meant, without the quotes and backslashes that nginx would need.
- name: Serve files, keep some of them closed, and show a page during maintenance
  openvip.cluster.nginx_config:
    config:
      user: www-data
      pid: /run/nginx.pid
      http:
        include:
          - mime.types
        log_format:
          - name: timed
            format: $remote_addr "$request" $status $request_time
        access_log: /var/log/nginx/access.log timed
        server:
          - name: www
            server_name: www.example.com example.com
            listen: 80
            root: /var/www/html
            raw:
              - if (-f /etc/nginx/maintenance) { return 503; }
            error_page:
              - 503 @maintenance
            location:
              - uri: "@maintenance"
                try_files: /maintenance.html =503
              - uri: '~ /\.(git|svn)'
                return: 403
              - uri: = /health
                access_log: "off"
                return: 200 "well"
              - modifier: "~*"
                uri: '\.(css|js|[a-z]{3}f)$'
                expires: 30d
              - uri: /internal
                allow:
                  - 198.18.0.0/24
                auth_basic: Closed area
                auth_basic_user_file: /etc/nginx/htpasswd
              - uri: /
                try_files: $uri $uri/ @app
              - uri: "@app"
                proxy_pass: http://198.18.0.21:8080
                proxy_read_timeout: 1m

- name: Forward DNS to two name servers, with a time limit from a snippet
  openvip.cluster.nginx_config:
    config:
      user: www-data
      pid: /run/nginx.pid
      include:
        - modules-enabled/*.conf
      stream:
        upstream:
          - name: dns
            server:
              - address: 198.18.0.53:53
              - address: 198.18.0.54:53
                backup: true
        server:
          - name: dns
            listen:
              - 53 udp
              - "53"
            proxy_pass: dns
            proxy_timeout: 2s
            raw:
              - include openvip.d/snippets/time_limit.conf;
    file:
      - path: snippets/time_limit.conf
        content: proxy_connect_timeout 1s;
"""

RETURN = r"""
unit_masked:
  description: Whether the unit is masked, so that systemd starts it for nobody.
  returned: always
  type: bool
path:
  description: The main file.
  returned: always
  type: str
  sample: /etc/nginx/nginx.conf
files:
  description: All files that belong to the configuration.
  returned: always
  type: list
  elements: str
  sample:
    - /etc/nginx/nginx.conf
    - /etc/nginx/openvip.d/http/server/www.conf
    - /etc/nginx/openvip.d/nginx.conf
differs:
  description: Whether the files on the target differed from the configuration, or nginx had yet to take them.
  returned: always
  type: bool
version:
  description: The version of the installed nginx, or nothing when it is not installed.
  returned: always
  type: str
  sample: 1.22.1
config_test:
  description: What C(nginx -t) said.
  returned: always
  type: list
  elements: str
backup_files:
  description: Where the former files and the former directory are kept, if O(backup) is true.
  returned: always
  type: list
  elements: str
  sample:
    - /etc/nginx/.openvip/openvip.d.2026-12-01T08-30-00.123456789Z
reloaded:
  description: Whether a running nginx was reloaded and took the configuration.
  returned: always
  type: bool
restarted:
  description: Whether nginx was restarted.
  returned: always
  type: bool
upgraded:
  description: Whether a running nginx became another program without losing a connection.
  returned: always
  type: bool
executable:
  description: The program of the nginx that ran before, without links; nothing when none ran.
  returned: always
  type: str
  sample: /opt/nginx/1.26.3-0a1b2c3d/sbin/nginx
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.module import run_nginx
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.options import module_argument_spec, secrets_among
from ansible_collections.openvip.cluster.plugins.module_utils._private import private


def main():
    run_nginx(private(AnsibleModule, secrets_among)(argument_spec=module_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
