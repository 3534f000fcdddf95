"""TLS to Home Assistant: the context, and what an error of it means for whoever set it up."""

from __future__ import annotations

import ssl
from pathlib import Path

from taskmatrix_ros.bindings.certificate_problem import certificate_problem
from taskmatrix_ros.core.errors import ConfigError


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Make a context that checks certificate and host name.

    :param ca_file: whom alone to believe; the system's authorities if left out.
    :raises ConfigError: the file is missing or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise ConfigError(f"ca_file {ca_file} holds no certificate in PEM form; correct it") from error
    except OSError as error:
        raise ConfigError(f"ca_file {ca_file} cannot be read: {error.strerror}; correct it") from error


def tls_problem(error: ssl.SSLError, host: str) -> str:
    """Say in one line what went wrong and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_problem(error, host, peer="Home Assistant", ca_setting="ca_file")
    reason = error.reason or error.strerror or type(error).__name__
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return "it speaks no TLS on this port; correct the port, or write http:// in url"
    return f"TLS failed: {reason.replace('_', ' ').lower()}"
