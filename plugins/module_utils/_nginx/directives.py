# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The names of nginx's directives and where nginx takes them, and what is said of a key that is no option here.

The names are those of the modules in nginx's sources (ngx_command_t), 1.31.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import WARNING, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest

from . import table
from .row import RAW
from .text import quote

# Where nginx takes a directive, by a letter for each section of the table.
_PLACES = {"m": "", "e": "events", "h": "http", "s": "http/server", "l": "http/server/location", "u": "http/upstream",
           "H": "stream", "S": "stream/server", "U": "stream/upstream"}
_TITLES = {"": "the whole file", "events": "events", "http": "http", "http/server": "a server of http",
           "http/server/location": "a location", "http/upstream": "an upstream of http", "stream": "stream",
           "stream/server": "a server of stream", "stream/upstream": "an upstream of stream"}
_NAMES = {
    "m": (
        "daemon debug_points env events google_perftools_profiles http load_module lock_file master_process "
        "pcre_jit pid quic_bpf ssl_engine ssl_object_cache_inheritable stream thread_pool timer_resolution user "
        "worker_cpu_affinity worker_priority worker_processes worker_rlimit_core worker_rlimit_nofile "
        "worker_shutdown_timeout working_directory"
    ),
    "mehsluHSU": "include",
    "mhslHS": "error_log",
    "e": (
        "accept_mutex accept_mutex_delay debug_connection epoll_events multi_accept use worker_aio_requests "
        "worker_connections"
    ),
    "h": (
        "charset_map degradation fastcgi_cache_path geoip_proxy geoip_proxy_recursive http2_recv_buffer_size "
        "limit_req_zone perl_modules perl_require perl_set proxy_cache_path scgi_cache_path uwsgi_cache_path"
    ),
    "hH": (
        "geo geoip_city geoip_country geoip_org limit_conn_zone log_format map map_hash_bucket_size "
        "map_hash_max_size server_names_hash_bucket_size server_names_hash_max_size split_clients upstream "
        "variables_hash_bucket_size variables_hash_max_size"
    ),
    "hs": (
        "client_body_early_read client_header_buffer_size client_header_timeout connection_pool_size http2 "
        "http2_body_preread_size http2_idle_timeout http2_max_concurrent_pushes http2_max_concurrent_streams "
        "http2_max_field_size http2_max_header_size http2_max_requests http2_pool_size http2_recv_timeout "
        "http2_streams_index_size http3 http3_hq http3_max_concurrent_streams http3_stream_buffer_size "
        "ignore_invalid_headers large_client_header_buffers max_headers merge_slashes "
        "quic_active_connection_id_limit quic_gso quic_host_key quic_retry request_pool_size ssl_buffer_size "
        "ssl_early_data underscores_in_headers"
    ),
    "hsHS": (
        "ssl_certificate ssl_certificate_cache ssl_certificate_compression ssl_certificate_key ssl_ciphers "
        "ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam ssl_ecdh_curve ssl_ech_file ssl_ocsp "
        "ssl_ocsp_cache ssl_ocsp_responder ssl_password_file ssl_prefer_server_ciphers ssl_protocols "
        "ssl_reject_handshake ssl_session_cache ssl_session_ticket_key ssl_session_tickets ssl_session_timeout "
        "ssl_stapling ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate "
        "ssl_verify_client ssl_verify_depth"
    ),
    "hsl": (
        "absolute_redirect add_after_body add_before_body add_header add_header_inherit add_trailer "
        "add_trailer_inherit addition_types aio aio_write ancient_browser ancient_browser_value auth_basic "
        "auth_basic_user_file auth_delay auth_request auth_request_set autoindex autoindex_exact_size "
        "autoindex_format autoindex_localtime charset charset_types chunked_transfer_encoding "
        "client_body_buffer_size client_body_in_file_only client_body_in_single_buffer client_body_temp_path "
        "client_body_timeout client_max_body_size create_full_put_path dav_access dav_methods default_type degrade "
        "directio directio_alignment disable_symlinks early_hints error_page etag expires fastcgi_bind "
        "fastcgi_buffer_size fastcgi_buffering fastcgi_buffers fastcgi_busy_buffers_size fastcgi_cache "
        "fastcgi_cache_background_update fastcgi_cache_bypass fastcgi_cache_key fastcgi_cache_lock "
        "fastcgi_cache_lock_age fastcgi_cache_lock_timeout fastcgi_cache_max_range_offset fastcgi_cache_methods "
        "fastcgi_cache_min_uses fastcgi_cache_revalidate fastcgi_cache_use_stale fastcgi_cache_valid "
        "fastcgi_catch_stderr fastcgi_connect_timeout fastcgi_force_ranges fastcgi_hide_header "
        "fastcgi_ignore_client_abort fastcgi_ignore_headers fastcgi_index fastcgi_intercept_errors "
        "fastcgi_keep_conn fastcgi_limit_rate fastcgi_max_temp_file_size fastcgi_next_upstream "
        "fastcgi_next_upstream_timeout fastcgi_next_upstream_tries fastcgi_no_cache fastcgi_param "
        "fastcgi_pass_header fastcgi_pass_request_body fastcgi_pass_request_headers fastcgi_read_timeout "
        "fastcgi_request_buffering fastcgi_send_lowat fastcgi_send_timeout fastcgi_socket_keepalive "
        "fastcgi_socket_rcvbuf fastcgi_socket_sndbuf fastcgi_split_path_info fastcgi_store fastcgi_store_access "
        "fastcgi_temp_file_write_size fastcgi_temp_path grpc_bind grpc_buffer_size grpc_connect_timeout "
        "grpc_hide_header grpc_ignore_headers grpc_intercept_errors grpc_next_upstream grpc_next_upstream_timeout "
        "grpc_next_upstream_tries grpc_pass_header grpc_read_timeout grpc_send_timeout grpc_set_header "
        "grpc_socket_keepalive grpc_socket_rcvbuf grpc_socket_sndbuf grpc_ssl_certificate "
        "grpc_ssl_certificate_cache grpc_ssl_certificate_key grpc_ssl_ciphers grpc_ssl_conf_command grpc_ssl_crl "
        "grpc_ssl_name grpc_ssl_password_file grpc_ssl_protocols grpc_ssl_server_name grpc_ssl_session_reuse "
        "grpc_ssl_trusted_certificate grpc_ssl_verify grpc_ssl_verify_depth gunzip gunzip_buffers gzip gzip_buffers "
        "gzip_comp_level gzip_disable gzip_hash gzip_http_version gzip_min_length gzip_no_buffer gzip_proxied "
        "gzip_static gzip_types gzip_vary gzip_window http2_chunk_size http2_push http2_push_preload "
        "if_modified_since image_filter_buffer image_filter_interlace image_filter_jpeg_quality "
        "image_filter_sharpen image_filter_transparency image_filter_webp_quality index keepalive_disable "
        "keepalive_min_timeout limit_conn_status limit_rate limit_rate_after limit_req limit_req_dry_run "
        "limit_req_log_level limit_req_status lingering_close lingering_time lingering_timeout log_not_found "
        "log_subrequest max_ranges memcached_bind memcached_buffer_size memcached_connect_timeout "
        "memcached_gzip_flag memcached_next_upstream memcached_next_upstream_timeout memcached_next_upstream_tries "
        "memcached_read_timeout memcached_send_timeout memcached_socket_keepalive min_delete_depth mirror "
        "mirror_request_body modern_browser modern_browser_value mp4_buffer_size mp4_max_buffer_size "
        "mp4_start_key_frame msie_padding msie_refresh open_file_cache open_file_cache_errors "
        "open_file_cache_events open_file_cache_min_uses open_file_cache_valid output_buffers override_charset "
        "port_in_redirect post_action postpone_gzipping postpone_output proxy_buffering proxy_buffers "
        "proxy_busy_buffers_size proxy_cache proxy_cache_background_update proxy_cache_bypass "
        "proxy_cache_convert_head proxy_cache_key proxy_cache_lock proxy_cache_lock_age proxy_cache_lock_timeout "
        "proxy_cache_max_range_offset proxy_cache_methods proxy_cache_min_uses proxy_cache_revalidate "
        "proxy_cache_use_stale proxy_cache_valid proxy_cookie_domain proxy_cookie_flags proxy_cookie_path "
        "proxy_force_ranges proxy_headers_hash_bucket_size proxy_headers_hash_max_size proxy_hide_header "
        "proxy_http_version proxy_ignore_client_abort proxy_ignore_headers proxy_intercept_errors proxy_limit_rate "
        "proxy_max_temp_file_size proxy_method proxy_no_cache proxy_pass_header proxy_pass_request_body "
        "proxy_pass_request_headers proxy_pass_trailers proxy_read_timeout proxy_redirect proxy_request_buffering "
        "proxy_send_lowat proxy_send_timeout proxy_set_body proxy_set_header proxy_store proxy_store_access "
        "proxy_temp_file_write_size proxy_temp_path read_ahead real_ip_header real_ip_recursive "
        "recursive_error_pages reset_timedout_connection rewrite_log root satisfy scgi_bind scgi_buffer_size "
        "scgi_buffering scgi_buffers scgi_busy_buffers_size scgi_cache scgi_cache_background_update "
        "scgi_cache_bypass scgi_cache_key scgi_cache_lock scgi_cache_lock_age scgi_cache_lock_timeout "
        "scgi_cache_max_range_offset scgi_cache_methods scgi_cache_min_uses scgi_cache_revalidate "
        "scgi_cache_use_stale scgi_cache_valid scgi_connect_timeout scgi_force_ranges scgi_hide_header "
        "scgi_ignore_client_abort scgi_ignore_headers scgi_intercept_errors scgi_limit_rate scgi_max_temp_file_size "
        "scgi_next_upstream scgi_next_upstream_timeout scgi_next_upstream_tries scgi_no_cache scgi_param "
        "scgi_pass_header scgi_pass_request_body scgi_pass_request_headers scgi_read_timeout scgi_request_buffering "
        "scgi_send_timeout scgi_socket_keepalive scgi_socket_rcvbuf scgi_socket_sndbuf scgi_store scgi_store_access "
        "scgi_temp_file_write_size scgi_temp_path secure_link secure_link_md5 secure_link_secret send_lowat "
        "send_timeout sendfile sendfile_max_chunk server_name_in_redirect server_tokens slice source_charset ssi "
        "ssi_ignore_recycled_buffers ssi_last_modified ssi_min_file_chunk ssi_silent_errors ssi_types "
        "ssi_value_length sub_filter sub_filter_last_modified sub_filter_once sub_filter_types "
        "subrequest_output_buffer_size tcp_nopush tunnel_bind tunnel_buffer_size tunnel_connect_timeout "
        "tunnel_next_upstream tunnel_next_upstream_timeout tunnel_next_upstream_tries tunnel_read_timeout "
        "tunnel_send_lowat tunnel_send_timeout tunnel_socket_keepalive tunnel_socket_rcvbuf tunnel_socket_sndbuf "
        "types types_hash_bucket_size types_hash_max_size uninitialized_variable_warn userid userid_domain "
        "userid_expires userid_flags userid_mark userid_name userid_p3p userid_path userid_service uwsgi_bind "
        "uwsgi_buffer_size uwsgi_buffering uwsgi_buffers uwsgi_busy_buffers_size uwsgi_cache "
        "uwsgi_cache_background_update uwsgi_cache_bypass uwsgi_cache_key uwsgi_cache_lock uwsgi_cache_lock_age "
        "uwsgi_cache_lock_timeout uwsgi_cache_max_range_offset uwsgi_cache_methods uwsgi_cache_min_uses "
        "uwsgi_cache_revalidate uwsgi_cache_use_stale uwsgi_cache_valid uwsgi_connect_timeout uwsgi_force_ranges "
        "uwsgi_hide_header uwsgi_ignore_client_abort uwsgi_ignore_headers uwsgi_intercept_errors uwsgi_limit_rate "
        "uwsgi_max_temp_file_size uwsgi_modifier1 uwsgi_modifier2 uwsgi_next_upstream uwsgi_next_upstream_timeout "
        "uwsgi_next_upstream_tries uwsgi_no_cache uwsgi_param uwsgi_pass_header uwsgi_pass_request_body "
        "uwsgi_pass_request_headers uwsgi_read_timeout uwsgi_request_buffering uwsgi_send_timeout "
        "uwsgi_socket_keepalive uwsgi_socket_rcvbuf uwsgi_socket_sndbuf uwsgi_ssl_certificate "
        "uwsgi_ssl_certificate_cache uwsgi_ssl_certificate_key uwsgi_ssl_ciphers uwsgi_ssl_conf_command "
        "uwsgi_ssl_crl uwsgi_ssl_name uwsgi_ssl_password_file uwsgi_ssl_protocols uwsgi_ssl_server_name "
        "uwsgi_ssl_session_reuse uwsgi_ssl_trusted_certificate uwsgi_ssl_verify uwsgi_ssl_verify_depth uwsgi_store "
        "uwsgi_store_access uwsgi_string uwsgi_temp_file_write_size uwsgi_temp_path xml_entities "
        "xml_external_entities xslt_last_modified xslt_param xslt_string_param xslt_types"
    ),
    "hslHS": (
        "access_log allow deny limit_conn limit_conn_dry_run limit_conn_log_level open_log_file_cache proxy_bind "
        "proxy_buffer_size proxy_connect_timeout proxy_next_upstream proxy_next_upstream_timeout "
        "proxy_next_upstream_tries proxy_socket_keepalive proxy_socket_rcvbuf proxy_socket_sndbuf "
        "proxy_ssl_certificate proxy_ssl_certificate_cache proxy_ssl_certificate_key proxy_ssl_ciphers "
        "proxy_ssl_conf_command proxy_ssl_crl proxy_ssl_name proxy_ssl_password_file proxy_ssl_protocols "
        "proxy_ssl_server_name proxy_ssl_session_reuse proxy_ssl_trusted_certificate proxy_ssl_verify "
        "proxy_ssl_verify_depth set_real_ip_from tcp_nodelay"
    ),
    "hslu": "keepalive_requests keepalive_time keepalive_timeout",
    "hsluHSU": "resolver resolver_timeout",
    "huHU": "server",
    "sS": "listen server_name",
    "sl": (
        "break if location referer_hash_bucket_size referer_hash_max_size rewrite stub_status try_files tunnel_pass "
        "valid_referers"
    ),
    "slS": "return set",
    "l": (
        "alias empty_gif fastcgi_pass flv grpc_pass image_filter internal limit_except memcached_pass mp4 perl "
        "random_index scgi_pass uwsgi_pass xslt_stylesheet"
    ),
    "lS": "proxy_pass",
    "u": "ip_hash keepalive sticky",
    "uU": "hash least_conn least_time random zone",
    "HS": (
        "preread_buffer_size preread_timeout proxy_download_rate proxy_downstream_buffer proxy_half_close "
        "proxy_protocol proxy_protocol_timeout proxy_requests proxy_responses proxy_ssl proxy_ssl_alpn "
        "proxy_timeout proxy_upload_rate proxy_upstream_buffer ssl_alpn ssl_handshake_timeout ssl_preread"
    ),
    "S": "pass",
}
_WHERE: Dict[str, List[str]] = {name: [_PLACES[letter] for letter in letters]
                                for letters, names in _NAMES.items() for name in names.split()}
# How like a key must be to be taken for a slip of the pen; 0.6, as elsewhere, makes proxy_pass of proxy_cookie_path.
_LIKENESS = 0.8
# Of the variables of the role
PREFIX = "nginx_"


def places(name: str) -> List[str]:
    """Return the sections of the table in which nginx takes a directive, none for a name that it does not know."""
    return _WHERE.get(name, [])


def _listed(paths: List[str]) -> str:
    titles = [_TITLES[path] for path in paths if path in _TITLES]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if titles[1:] else titles)


def _line(key: str, value: Any) -> str:
    """Return a directive as it is written in raw, as far as that can be told."""
    if isinstance(value, bool):
        value = "on" if value else "off"
    if isinstance(value, dict):
        return "raw: [%s]" % quote("%s ... { ... }" % key)
    words = value if isinstance(value, list) else [value]
    plain = all(isinstance(word, (str, int)) for word in words) and value not in ("", [])
    return "raw: [%s]" % quote("%s %s;" % (key, " ".join(map(str, words)) if plain else "..."))


def unknown(path: str, key: str, value: Any) -> str:
    """Return the remedy for a key that is no option of a section: where it stands, how it is written, or what is meant.

    :param path: the section.
    :param value: of the key.
    """
    rows = table.rows(path)
    elsewhere = [each for each in table.SECTIONS if key in table.rows(each) and each in _TITLES]
    if key == RAW:
        return "Lines in nginx's own words stand in raw of the block around it."
    if key in _WHERE or elsewhere:
        said = ["It stands in %s." % _listed(elsewhere)] * bool(elsewhere)
        if path in places(key) and RAW in rows:
            said.append("nginx knows it here, too: write %s." % _line(key, value) if elsewhere else
                        "nginx knows it, and it is no option: write %s." % _line(key, value))
        elif not elsewhere:
            said.append("nginx takes it in %s, where it is written as %s." % (_listed(places(key)), _line(key, value)))
        return " ".join(said)
    near = nearest(key, rows, _LIKENESS)
    directive = near or nearest(key, _WHERE, _LIKENESS)
    if directive in rows or not directive:
        directive = directive or nearest(key, rows)
        said = ['Did you mean "%s"?' % directive if directive else "Known are: %s." % ", ".join(rows)]
        return " ".join(said + ["Other directives of nginx are written in raw."] * (RAW in rows))
    return 'Did you mean "%s"? %s' % (directive, unknown(path, directive, value))


def unknown_variables(variables: Dict[str, Any], known: List[str]) -> Iterator[Finding]:
    """Yield a warning for each variable of a host that begins like those of the role nginx, and is none of them.

    It may be one of the user's own: so one is named only where it is almost the name of one of the role, or where it is
    the name of a directive.

    :param known: the names of the role's variables.
    """
    for name in sorted(variables):
        key = name[len(PREFIX):]
        if not name.startswith(PREFIX) or name in known:
            continue
        near = nearest(key, [each[len(PREFIX):] for each in known], _LIKENESS)
        if near and key not in _WHERE:
            remedy = 'Did you mean "%s%s"?' % (PREFIX, near)
        elif key in _WHERE:
            remedy = unknown("http", key, variables[name]).replace("raw: [", "nginx_http_raw: [")
        else:
            continue
        yield Finding("variable-misspelt", WARNING, "variable " + name,
                      "the role nginx has no variable of this name, so it has no effect of its own.", remedy)
