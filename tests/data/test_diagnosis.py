"""Proxies and certificates: each cause of a failed download is told apart, and its remedy is the right one."""

import contextlib
import dataclasses
import http.server
import io
import socket
import ssl
import sys
import threading
import types
from pathlib import Path

import pytest
import requests

from lenet_utils.data import DataNotFoundError, archives, diagnosis, load_mnist
from tests.data.made_up import GOOD, Answers, is_the_small_mnist, left_in

# Made for these tests: for "localhost", signed by themselves; one from 2000 to 2100, the other for a day in 2000.
CERTIFICATES = Path(__file__).parent / "certificates"
LOCALHOST, EXPIRED = CERTIFICATES / "localhost.pem", CERTIFICATES / "expired.pem"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """pooch waits a second before it tries again; here nothing gets better by waiting."""
    monkeypatch.setattr("pooch.core.time", types.SimpleNamespace(sleep=lambda seconds: None))


@contextlib.contextmanager
def running(handler, certificate=None):
    """A server in a thread of its own; it yields its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads, server.asked = True, []
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, CERTIFICATES / "key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()


class Proxy(http.server.BaseHTTPRequestHandler):
    """A proxy that answers every wish for a connection with one status."""

    status = 0

    def do_CONNECT(self):
        self.send_error(self.status)

    def do_GET(self):
        self.send_error(self.status)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def proxy():
    """A function that starts a proxy with this answer; it returns the proxy's host and port."""
    with contextlib.ExitStack() as stack:

        def start(status):
            handler = type("Answer", (Proxy,), {"status": status})
            return f"127.0.0.1:{stack.enter_context(running(handler))}"

        yield start


@pytest.fixture
def https(serve, monkeypatch):
    """A function that offers the small MNIST by HTTPS with this certificate, and returns the port."""
    with contextlib.ExitStack() as stack:

        def start(certificate, host="localhost"):
            port = stack.enter_context(running(Answers, certificate))
            offer(monkeypatch, f"https://{host}:{port}/good/mnist.npz")
            return port

        yield start


def offer(monkeypatch, address):
    monkeypatch.setattr(archives, "MNIST", dataclasses.replace(archives.MNIST, address=address))


def told(capsys, home):
    """What the reader is told when the sample stands in; nothing is left in the cache."""
    assert load_mnist().source == "sample"
    assert left_in(home) == []
    return " ".join(capsys.readouterr().out.split())


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


# --- Proxies


@pytest.fixture
def far(serve, monkeypatch):
    """The small MNIST stands on a server that only a proxy could reach."""
    offer(monkeypatch, "https://data.example/mnist.npz")


def test_socks_without_its_library(far, home, monkeypatch, capsys):
    def without_socks(*arguments, **options):
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", without_socks)  # what requests itself does
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:9")
    text = told(capsys, home)
    assert "ALL_PROXY names a SOCKS proxy (socks5h://127.0.0.1:9)" in text
    assert "`pip install pysocks`" in text and "Connect to the network" not in text


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_is_not_there(far, home, monkeypatch, capsys, variable):
    dead = f"http://127.0.0.1:{closed_port()}"
    monkeypatch.setenv(variable, dead)
    text = told(capsys, home)
    assert f"no connection to the proxy {dead} ({variable})" in text
    assert f"Correct {variable}, or unset it" in text and "Or put mnist.npz" in text


@pytest.mark.parametrize(
    ("status", "reason", "remedy"),
    [
        (407, "asks for a user name and a password", "HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT"),
        (403, "does not let anybody connect to data.example (403 Forbidden)", "allow data.example"),
        (502, "does not reach data.example (502 Bad Gateway)", "Try again later"),
        (400, "answered 400 Bad Request", "Correct HTTPS_PROXY"),
    ],
)
def test_a_proxy_that_says_no(far, home, proxy, monkeypatch, capsys, status, reason, remedy):
    place = proxy(status)
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@{place}")
    text = told(capsys, home)
    assert f"the proxy http://{place} (HTTPS_PROXY) {reason}" in text and remedy in text
    assert "secret" not in text


def test_a_proxy_that_says_no_to_http(serve, home, proxy, monkeypatch, capsys):
    offer(monkeypatch, "http://data.example/mnist.npz")
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy(407)}")
    assert "(HTTP_PROXY) asks for a user name and a password" in told(capsys, home)


@pytest.mark.parametrize("named", ["ftp://127.0.0.1:9", "http://", "http://127.0.0.1:99999999"])
def test_what_is_no_proxy(far, home, monkeypatch, capsys, named):
    monkeypatch.setenv("HTTPS_PROXY", named)
    text = told(capsys, home)
    assert f"'{named}' in HTTPS_PROXY is not the address of a proxy" in text
    assert "It should look like http://HOST:PORT" in text


def test_a_proxy_without_https(far, home, proxy, monkeypatch, capsys):
    place = proxy(200)
    monkeypatch.setenv("HTTPS_PROXY", f"https://{place}")
    text = told(capsys, home)
    assert f"the proxy https://{place} (HTTPS_PROXY) does not speak HTTPS" in text
    assert "begin with http:// instead" in text


def test_a_proxy_with_a_certificate_that_nobody_knows(far, https, home, monkeypatch, capsys):
    port = https(LOCALHOST)
    offer(monkeypatch, "https://data.example/mnist.npz")
    monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{port}")
    assert "the certificate of localhost cannot be verified" in told(capsys, home)


def test_a_proxy_of_the_system_is_called_that(monkeypatch):
    monkeypatch.setattr("requests.utils.getproxies", lambda: {"https": "http://proxy.example:3128"})
    error = requests.exceptions.ProxyError("Unable to connect to proxy")
    reason, remedy = diagnosis.diagnose(error, "https://data.example/x", 5)
    assert "http://proxy.example:3128 (the system's settings)" in reason
    assert "turn it off if this network needs none" in remedy


# --- Certificates


def test_a_certificate_that_signed_itself(https, home, capsys):
    https(LOCALHOST)
    text = told(capsys, home)
    assert "the certificate of localhost cannot be verified (self-signed certificate)" in text
    for remedy in ("`pip install --upgrade certifi`", "REQUESTS_CA_BUNDLE", "Or put mnist.npz"):
        assert remedy in text
    assert "Connect to the network" not in text and "Install Certificates" not in text


def test_the_remedy_helps(https, home, monkeypatch):
    https(LOCALHOST)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(LOCALHOST))
    assert is_the_small_mnist(load_mnist("full"))
    assert (home / "mnist.npz").read_bytes() == GOOD


def test_on_a_mac_its_command_is_named(https, home, monkeypatch, capsys):
    https(LOCALHOST)
    monkeypatch.setattr(diagnosis.sys, "platform", "darwin")
    assert '"Install Certificates.command" in the folder of your Python' in told(capsys, home)


def test_a_certificate_of_another_server(https, home, monkeypatch, capsys):
    https(LOCALHOST, host="127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(LOCALHOST))
    text = told(capsys, home)
    assert "the certificate that came from 127.0.0.1 is another server's" in text
    assert "not valid for '127.0.0.1'" in text and "open https://127.0.0.1 in a browser, log in" in text


def test_a_certificate_that_is_out_of_date(https, home, monkeypatch, capsys):
    https(EXPIRED)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(EXPIRED))
    text = told(capsys, home)
    assert "certificate has expired" in text and "Set the date and time of this computer right" in text
    assert f"REQUESTS_CA_BUNDLE names {EXPIRED} now" in text


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("bundle", ["missing", "no certificate"])
def test_a_bundle_that_holds_no_certificate(https, home, tmp_path, monkeypatch, capsys, variable, bundle):
    https(LOCALHOST)
    named = tmp_path / "bundle.pem"
    if bundle == "no certificate":
        named.write_text("hello")
    monkeypatch.setenv(variable, str(named))
    text = told(capsys, home)
    assert f"{variable} names {named}, from which no certificate can be read" in text
    assert f"Let {variable} name a file of certificates in PEM format, or unset it" in text


def test_a_server_that_does_not_speak_https(server, serve, home, monkeypatch, capsys):
    offer(monkeypatch, f"https://127.0.0.1:{server.server_port}/good/mnist.npz")
    text = told(capsys, home)
    assert "127.0.0.1 does not speak HTTPS as it should" in text and "login page" in text


def test_certificates_are_always_verified():
    source = "".join(path.read_text() for path in Path(archives.__file__).parent.glob("*.py"))
    assert "verify=" not in source and "CERT_NONE" not in source and "unverified" not in source


# --- The rest


def test_full_names_the_remedy_too(far, home, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(DataNotFoundError) as raised:
        load_mnist("full")
    message = str(raised.value)
    for part in (
        "no connection to the proxy",
        "Correct HTTPS_PROXY",
        "Or put mnist.npz",
        "LENET_DATA=sample",
    ):
        assert part in message


def test_a_full_disk_is_not_the_network():
    reason, remedy = diagnosis.diagnose(OSError(28, "No space left on device"), "https://data.example/x", 5)
    assert reason == "what arrived could not be kept: No space left on device" and "Make room" in remedy


def test_a_path_that_the_console_cannot_print(https, home, tmp_path, monkeypatch, capsys):
    https(LOCALHOST)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "Zoë" / "日本.pem"))
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    assert load_mnist().source == "sample"
    console.seek(0)
    assert "Zo\\xeb" in console.read()
