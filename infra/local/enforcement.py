"""IAM enforced on the embedded AWS: over TLS, as bucket and queue policies refuse plain HTTP, and on record."""

import datetime
import ipaddress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TRUSTS = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
"""The variables that name a certificate authority to botocore, Python's urllib and node."""


@dataclass(frozen=True)
class Enforcement:
    """state: the embedded AWS's folder; certificate and decisions lie there."""

    state: Path

    @property
    def decisions(self) -> Path:
        """Every decision of MiniStack's IAM: lines of JSON, `role`, `action`, `resource`, `allowed`."""
        return self.state / "decisions.jsonl"

    @property
    def provider_decisions(self) -> Path:
        """The same of the provider simulator."""
        return self.state / "provider-decisions.jsonl"

    @cached_property
    def trust(self) -> dict[str, str]:
        certificate, _ = self._certificate
        return dict.fromkeys(TRUSTS, str(certificate))

    def command(self, ministack: Path) -> list[str]:
        """MiniStack, with its decisions written down."""
        return [str(ministack.with_name("python")), str(Path(__file__).with_name("recorded_ministack.py"))]

    def settings(self) -> dict[str, str]:
        certificate, key = self._certificate
        return {
            "AUTH": "true",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(certificate),
            "MINISTACK_SSL_KEY": str(key),
            "JOBCHUTE_DECISIONS": str(self.decisions),
        }

    @cached_property
    def _certificate(self) -> tuple[Path, Path]:
        """A certificate of its own for 127.0.0.1, good for two days, and its key."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Jobchute's embedded AWS")])
        now = datetime.datetime.now(datetime.UTC)
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(here, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        files = self.state / "certificate.pem", self.state / "key.pem"
        form = serialization.Encoding.PEM
        files[0].write_bytes(certificate.public_bytes(form))
        plain = serialization.NoEncryption()
        files[1].touch(mode=0o600)
        files[1].write_bytes(key.private_bytes(form, serialization.PrivateFormat.PKCS8, plain))
        return files
