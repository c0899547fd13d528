"""The connection over TLS, as HaloPay itself is reached."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess

import pytest

from halopay_kit import HaloPay
from halopay_kit.errors import Unreachable
from tests.conftest import example, needs
from tests.hostile import APP_ID, KEY, hostile, signed
from tests.test_cli import HALOPAY


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    needs(shutil.which("openssl") is None, "openssl")
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_gets_no_byte(tls):
    with hostile(signed(example("order.detail")["answer"]), tls=tls) as server:
        with HaloPay(APP_ID, KEY, server.base_url, attempts=1) as halopay:
            with pytest.raises(Unreachable, match="certificate is not trusted"):
                halopay.payout.create(**example("payout.create")["request"])
        assert server.requests == []


def test_a_certificate_that_the_machine_trusts_is_taken(tls, certificate):
    trusted = {"SSL_CERT_FILE": str(certificate / "cert.pem"), "HALOPAY_APP_ID": APP_ID, "HALOPAY_APP_KEY": KEY}
    with hostile(lambda _: signed(example("order.detail")["answer"]), tls=tls) as server:
        command = [HALOPAY, "call", "order.detail", "out_trade_no=T-1001", "--base-url", server.base_url]
        done = subprocess.run(command, env=os.environ | trusted, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(server.requests) == 1
