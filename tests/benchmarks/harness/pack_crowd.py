"""Thousands of installed packs, each signed and each applied once: what `sealift status` has to look through."""

import hashlib
import uuid
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sealift.model.history import EntryKind, HistoryEntry
from sealift.model.migration import Direction, MigrationInfo
from sealift.model.pack import ENVELOPE, Manifest
from sealift.ports import Holder
from sealift.stores import open_store
from sealift.trust.envelope import PAYLOAD_TYPE, Signature, build_envelope, pae
from sealift.trust.statement import statement_bytes

MIGRATION = b'''"""Nothing to see."""

from sealift import Migration


class Nothing(Migration):
    version = "1.1.0"
    collection = "things"

    def upgrade(self, document):
        return document
'''
INFO = MigrationInfo(
    version="1.1.0", path="migrations/nothing.py", class_name="Nothing", collection="things", reversible=False
)
AT = "2026-01-01T00:00:00.000000+00:00"


class Crowd:
    """Packs signed by one key that is made here and forgotten with this object."""

    def __init__(self, purelib):
        self._purelib = purelib
        self._key = Ed25519PrivateKey.generate()
        self._digests = {}

    def public_pem(self):
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def install(self, number):
        """Put one distribution with one signed pack into the environment."""
        pack = f"crowd.m{number:05}"
        files = {"pack.toml": f'name = "{pack}"\nbase = "1.0.0"\n\n[collections.things]\n'.encode()}
        files["migrations/nothing.py"] = MIGRATION
        payload = statement_bytes(manifest(pack, files))
        self._digests[pack] = "sha256:" + hashlib.sha256(payload).hexdigest()
        folder = self._purelib / f"crowd_m{number:05}" / "pack"
        (folder / "migrations").mkdir(parents=True)
        for name, content in {**files, ENVELOPE: self._envelope(payload)}.items():
            (folder / name).write_bytes(content)
        self._describe(number, pack)

    def record(self, url):
        """Write a history in which every pack of the crowd was applied."""
        store = open_store(url, create=True)
        store.prepare()
        holder = Holder(operator="benchmark", host="localhost", pid=1, since=AT)
        with store.lock(holder, timeout=1.0, waiting=lambda _: None) as lease, store.transaction(lease) as transaction:
            for pack, digest in self._digests.items():
                run = uuid.uuid4().hex
                for kind in (EntryKind.STARTED, EntryKind.APPLIED):
                    transaction.append(entry(kind, run, pack, digest))
        store.close()

    def _envelope(self, payload):
        spki = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        keyid = "sha256:" + hashlib.sha256(spki).hexdigest()
        signature = Signature(keyid=keyid, signature=self._key.sign(pae(PAYLOAD_TYPE, payload)))
        return build_envelope(payload, [signature])

    def _describe(self, number, pack):
        project = f"crowd_m{number:05}"
        folder = self._purelib / f"{project}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n", encoding="ascii")
        (folder / "entry_points.txt").write_text(f"[sealift.packs]\n{pack} = {project}.pack\n", encoding="ascii")
        (folder / "INSTALLER").write_text("pip\n", encoding="ascii")
        (folder / "RECORD").touch()


def manifest(pack, files):
    return Manifest(
        pack=pack,
        base="1.0.0",
        collections=MappingProxyType({"things": None}),
        distribution=pack.replace(".", "-"),
        distribution_version="1.0",
        sequence=1,
        migrations=(INFO,),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )


def entry(kind, run, pack, digest):
    return HistoryEntry(
        number=0,
        kind=kind,
        run=run,
        pack=pack,
        from_version="1.0.0",
        to_version="1.1.0",
        direction=Direction.UPGRADE,
        at=AT,
        digest=digest,
        sequence=1,
    )
