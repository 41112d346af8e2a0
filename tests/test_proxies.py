"""Files of proxies: the words as nginx's own parser reads them, and nothing of what may be a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import crossplane
import pytest

from prodlint.facts import Directive, Proxy
from prodlint.readers.proxy import directives, read

NGINX = r"""
user www;  # a comment; with { braces }
events { worker_connections 1024; }
http {
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    upstream app { server web:8000 weight=5; server "unix:/run/app.sock"; }
    server {
        listen 80;
        server_name shop.example.org *.example.org;
        location ~* \.(css|js)$ { expires 30d; }
        location = /ping { return 200 "it's \"well\"; {really}"; }
        location /api/ {
            rewrite ^/api/(.*)$ /$1 break;
            proxy_set_header Host $host;
            proxy_pass http://app;
        }
        location /${prefix}/x { proxy_pass http://${upstream}/; }
    }
}
"""


def test_the_same_directives_as_nginxs_own_parser(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(NGINX)
    parsed = crossplane.parse(str(file), check_ctx=False, check_args=False)["config"][0]["parsed"]
    kept = {"server", "location", "upstream", "listen", "server_name", "rewrite", "proxy_pass", "return", "http"}

    def theirs(each: dict[str, Any]) -> Any:
        args = each["args"] if each["directive"] in kept else []
        inner = each.get("block")
        block = [theirs(x) for x in inner] if inner and each["directive"] in kept else []
        return each["directive"], args, each["line"], block

    def ours(each: Directive) -> Any:
        return each.name, list(each.arguments), each.place >> 42, [ours(x) for x in each.block or ()]

    assert [ours(each) for each in directives(NGINX, "nginx")] == [theirs(each) for each in parsed]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nginx.conf", 'server { proxy_set_header Authorization "Basic hunter2"; location / { proxy_pass http://a:hunter2@b; } }'),
        ("nginx.conf", 'map $http_x_key $allowed { default 0; "hunter2" 1; }'),
        ("Caddyfile", "example.org {\n  basic_auth {\n    bob hunter2\n  }\n  header X-Key hunter2\n  reverse_proxy web:80\n}"),
        ("Caddyfile", "{\n  acme_dns cloudflare hunter2\n}\nexample.org {\n  reverse_proxy http://a:hunter2@b\n}"),
    ],
)  # fmt: skip
def test_nothing_that_may_be_a_secret_is_kept(path: str, text: str) -> None:
    facts = read(path, text)
    assert isinstance(facts.content, Proxy) and facts.content.directives and facts.problem is None
    assert "hunter2" not in repr(facts)


def test_a_caddyfile_without_braces() -> None:
    (site,) = directives("localhost:8080\n\nhandle_path /api/* {\n  reverse_proxy web:80 # comment\n}\n", "caddy")
    assert (site.name, [each.name for each in site.block or ()]) == ("localhost:8080", ["handle_path"])


@pytest.mark.parametrize("text", ["server {", "}", "a { " * 1000, "listen 80"])
def test_what_is_no_configuration_has_a_problem(text: str) -> None:
    assert read("nginx.conf", text).problem is not None
