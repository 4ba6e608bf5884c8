"""What may be called, at which address, and that nothing leads elsewhere."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import pytest

from opsloop.notify import outbound


class Heard(HTTPServer):
    """A server on this machine that keeps what it is sent and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 204
        self.location = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/events?from=opsloop"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Heard)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.requests.append((self.path, dict(self.headers), body))
        self.send_response(server.status)
        if server.location:
            self.send_header("Location", server.location)
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Quiet."""


@pytest.fixture
def heard(settings) -> Iterator[Heard]:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    with Heard() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example.com/", "https://", "https://user:pw@hooks.example.com/",
        "https://hooks.example.com:99999/", "javascript:alert(1)", "http://hooks.example.com/",
        "https://example.com/", "https://evilhooks.example.com/", "https://127.0.0.1/",
    ],
)  # fmt: skip
def test_only_listed_hosts_are_called_and_only_by_https(settings, url):
    settings.OUTBOUND_HOSTS = ["hooks.example.com"]
    with pytest.raises(outbound.NotAllowed):
        outbound.target_of(url)


def test_a_leading_dot_lists_what_lies_below(settings):
    settings.OUTBOUND_HOSTS = [".example.com"]
    assert outbound.target_of("https://a.example.com/x?y=1").path == "/x?y=1"
    assert outbound.target_of("https://A.Example.com:8443").port == 8443
    with pytest.raises(outbound.NotAllowed):
        outbound.target_of("https://example.com/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.9", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::1",
    ],
)  # fmt: skip
def test_a_listed_name_that_leads_inside_is_not_called(settings, monkeypatch, address):
    settings.OUTBOUND_HOSTS = ["hooks.example.com"]
    kind = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    answers = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443)),
        (kind, socket.SOCK_STREAM, 6, "", (address, 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answers)
    with pytest.raises(outbound.NotAllowed):
        outbound.post("https://hooks.example.com/", b"{}", {})


def test_the_connection_goes_to_the_address_that_was_looked_at(settings, monkeypatch):
    settings.OUTBOUND_HOSTS = ["hooks.example.com"]
    asked, called = [], []

    def resolve(host, port, **_named):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    def connect(address, timeout):
        called.append((address, timeout))
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(outbound.Unreachable, match="timed out"):
        outbound.post("https://hooks.example.com/", b"{}", {})
    assert asked == ["hooks.example.com"]
    assert called == [(("93.184.216.34", 443), outbound.SECONDS)]


def test_a_post_arrives_with_its_headers_and_the_name_of_the_host(heard):
    assert outbound.post(heard.url, b'{"a":1}', {"webhook-id": "7"}) == 204
    ((path, headers, body),) = heard.requests
    assert (path, body, headers["webhook-id"]) == ("/events?from=opsloop", b'{"a":1}', "7")
    assert headers["Host"] == f"127.0.0.1:{heard.server_port}"


def test_a_redirect_is_an_answer_and_is_not_followed(heard):
    heard.status, heard.location = 302, heard.url
    assert outbound.post(heard.url, b"{}", {}) == 302
    assert len(heard.requests) == 1


def test_nobody_there_is_said(settings):
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1", "no-such-host.invalid"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "https://no-such-host.invalid/"):
        with pytest.raises(outbound.Unreachable):
            outbound.post(url, b"", {})


def test_an_answer_that_is_no_http_is_said(settings):
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            caller, _address = listener.accept()
            caller.recv(65536)
            caller.sendall(b"hello\r\n\r\n")
            caller.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(outbound.Unreachable):
            outbound.post(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"", {})
        thread.join()
