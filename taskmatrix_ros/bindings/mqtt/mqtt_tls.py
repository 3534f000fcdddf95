"""TLS to a broker: the context, and what an error of it means for whoever set it up."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

from taskmatrix_ros.bindings.certificate_problem import certificate_problem
from taskmatrix_ros.bindings.mqtt.mqtt_settings import TlsSettings
from taskmatrix_ros.core.errors import ConfigError

_HANDSHAKE_S = 2.0
_ALERTS = {
    "CERTIFICATE_EXPIRED": "it says that this node's certificate has expired; renew cert_file",
    "UNKNOWN_CA": "it does not know who signed this node's certificate; have cert_file signed by the broker's CA",
    "BAD_CERTIFICATE": "it does not accept this node's certificate; correct cert_file",
    "CERTIFICATE_REVOKED": "it says that this node's certificate was revoked; get another cert_file",
    "CERTIFICATE_REQUIRED": "it wants a certificate of this node; give cert_file and key_file",
    "HANDSHAKE_FAILURE": "it ended the TLS handshake; give cert_file and key_file if it wants a certificate",
    "WRONG_VERSION_NUMBER": "it speaks no TLS on this port; correct the port, or leave tls out",
    "HTTP_REQUEST": "it speaks HTTP on this port; correct the port",
    "UNSUPPORTED_PROTOCOL": "it speaks only versions of TLS that are too old; update it",
}


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Make a context: TLS 1.2 or later, the broker's certificate and host name are always checked.

    :raises ConfigError: a file is missing or no PEM, or the key does not open or does not fit the certificate.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ca_file is not None:
        _readable(settings.ca_file, "ca_file")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_verify_locations(cafile=str(settings.ca_file))
        except (ssl.SSLError, OSError) as error:
            raise ConfigError(f"tls.ca_file {settings.ca_file} holds no certificate in PEM form; correct it") from error
    if settings.cert_file is not None and settings.key_file is not None:
        _readable(settings.cert_file, "cert_file")
        _readable(settings.key_file, "key_file")
        password = _key_password(settings)
        try:
            # an empty password fails instead of asking on the terminal
            context.load_cert_chain(str(settings.cert_file), str(settings.key_file), password=lambda: password or "")
        except (ssl.SSLError, OSError) as error:
            fits = "does not fit the certificate" if "MISMATCH" in str(error) else "cannot be used"
            raise ConfigError(
                f"tls.key_file {settings.key_file} {fits}; correct cert_file, key_file and key_password_env"
            ) from error
    return context


def tls_problem(error: ssl.SSLError, host: str) -> str:
    """Say in one line what went wrong and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_problem(error, host, peer="the broker", ca_setting="tls.ca_file")
    said = f"{error.reason or ''} {error.strerror or ''}"
    return alert_problem(said) or f"TLS failed: {error.reason or error.strerror or type(error).__name__}"


def handshake_problem(settings: TlsSettings, host: str, port: int) -> str:
    """Shake hands, and wait for a moment whether the broker objects. Blocks for 4 s at most.

    :returns: its objection, empty if it has none.
    """
    try:
        with (
            socket.create_connection((host, port), timeout=_HANDSHAKE_S) as plain,
            tls_context(settings).wrap_socket(plain, server_hostname=host) as wrapped,
        ):
            wrapped.recv(1)
    except ssl.SSLError as error:
        return tls_problem(error, host)
    except (OSError, ConfigError):
        return ""
    return ""


def alert_problem(said: str) -> str:
    """Say what an alert of TLS in a text of OpenSSL means, empty if there is none."""
    words = said.upper().replace(" ", "_")
    return next((meaning for word, meaning in _ALERTS.items() if word in words), "")


def _readable(path: Path, name: str) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise ConfigError(f"tls.{name} {path} cannot be read: {error.strerror}; correct it") from error


def _key_password(settings: TlsSettings) -> str | None:
    if settings.key_password_env is None:
        return None
    secret = os.environ.get(settings.key_password_env)
    if not secret:
        raise ConfigError(
            f"environment variable {settings.key_password_env} is not set; set it or correct tls.key_password_env"
        )
    return secret
