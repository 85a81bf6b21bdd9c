"""What verifying costs beyond its bare cryptography: 1,000 packs of 3 files, in one run.

    python tests/benchmarks/bench_trust.py

``bare`` is one Ed25519 verification and three SHA-256 a pack, with everything around them done beforehand; ``whole`` is
``verify_manifest`` and ``verify_files``. The promise is whole <= 3 x bare. Both are measured by turns in the same
process and the best round of each counts, because a shared machine only ever makes a round slower.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from sealift.model.pack import Pack
from sealift.trust.envelope import parse_envelope
from sealift.trust.policy import TrustPolicy
from sealift.trust.statement import statement_bytes
from sealift.trust.verification import verify_files, verify_manifest
from signed_packs import FILES, NOW, PolicyText, envelope_of, manifest_of, new_signer, origin_of

PACKS = 1000
ROUNDS = 7
PROMISE = 3.0


@dataclass(frozen=True)
class Case:
    pack: Pack
    files: dict[str, bytes]


def make_cases() -> tuple[TrustPolicy, list[Case]]:
    signer = new_signer()
    cases = []
    for number in range(PACKS):
        files = {name: content + b"\n" * (number % 7) for name, content in FILES.items()}
        manifest = manifest_of(files, pack=f"acme.pack{number}", distribution=f"acme-pack{number}")
        envelope = envelope_of(statement_bytes(manifest), signer)
        cases.append(Case(pack=Pack(origin=origin_of(manifest), envelope=envelope), files=files))
    return PolicyText(keys={"release": signer}).parse(), cases


def bare(policy: TrustPolicy, cases: list[Case]) -> Callable[[], None]:
    key = next(iter(policy.keys.values())).key
    envelopes = [parse_envelope(case.pack.envelope or b"") for case in cases]
    work = [
        (one.signatures[0].signature, one.signed_bytes, list(case.files.values()))
        for one, case in zip(envelopes, cases, strict=True)
    ]

    def run() -> None:
        for signature, message, contents in work:
            key.verify(signature, message)
            for content in contents:
                sha256(content).hexdigest()

    return run


def whole(policy: TrustPolicy, cases: list[Case]) -> Callable[[], None]:
    def run() -> None:
        for case in cases:
            verify_files(verify_manifest(case.pack, policy, now=NOW), case.files)

    return run


def seconds(run: Callable[[], None]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def main() -> int:
    policy, cases = make_cases()
    runs = bare(policy, cases), whole(policy, cases)
    rounds = [[seconds(run) for run in runs] for _ in range(ROUNDS)]
    least, most = (min(column) for column in zip(*rounds, strict=True))
    ratio = most / least
    print(f"{'':8}{'s':>10}{'packs/s':>12}{'ratio':>8}")
    print(f"{'bare':8}{least:>10.4f}{PACKS / least:>12,.0f}{1:>8.2f}")
    print(f"{'whole':8}{most:>10.4f}{PACKS / most:>12,.0f}{ratio:>8.2f}")
    print(f"promise: at most {PROMISE:.1f} x; {'kept' if ratio <= PROMISE else 'BROKEN'}")
    return 0 if ratio <= PROMISE else 1


if __name__ == "__main__":
    raise SystemExit(main())
