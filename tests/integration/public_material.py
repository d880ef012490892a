# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Key pairs and certificates as people have them, made anew for each session."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """An RSA pair: its public key in SSH form and PEM, its private one as OpenSSH keeps it."""

    key: rsa.RSAPrivateKey

    @property
    def public(self) -> str:
        form = serialization.PublicFormat.OpenSSH
        return self.key.public_key().public_bytes(serialization.Encoding.OpenSSH, form).decode()

    @property
    def pem(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    @property
    def private(self) -> str:
        form = serialization.PrivateFormat.OpenSSH
        return self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    @property
    def fingerprint(self) -> str:
        """MD5 as ssh-keygen has it, computed by cryptography's own reader of SSH keys."""
        key = serialization.load_ssh_public_key(self.public.encode())
        return serialization.ssh_key_fingerprint(key, hashes.MD5()).hex(":")

    def certificate(self, start: datetime.timedelta = -DAY, end: datetime.timedelta = DAY) -> str:
        """A certificate of this pair in PEM, valid from now plus ``start`` until now plus ``end``."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jane")])
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 7, NOW + start, NOW + end)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@cache
def pair(number: int, bits: int = 2048) -> Pair:
    """The same pair for the same number, all session long."""
    return Pair(rsa.generate_private_key(65537, bits))


@cache
def certificate(number: int) -> str:
    """The same certificate for the same number, valid today."""
    return pair(number).certificate()
