#!/bin/sh
# Sign the example pack with a new key pair, and let trusted_keys/ trust that key for `example.*` and nothing else.
#
#   docs/examples/release.sh        needs `sealift` on the PATH
#
# Sequence and policy version go on counting where the last release stopped, so that a store that has seen that one
# accepts this one. The private key lives in a private temporary folder as long as this takes, and is destroyed:
# whoever releases next makes a new pair. Nothing in the repository changes unless everything worked.
set -eu

examples=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$examples/../.." && pwd)
pack=$examples/countries/example_countries/pack

umask 077
work=$(mktemp -d "${TMPDIR:-/tmp}/sealift-release.XXXXXX")

forget() {
    for key in "$work"/*.key; do
        [ -e "$key" ] || continue
        if command -v shred >/dev/null 2>&1; then
            shred -u -- "$key"
        else
            dd if=/dev/urandom of="$key" bs=4096 count=1 conv=notrunc 2>/dev/null || true
            rm -f -- "$key"
        fi
    done
    rm -rf -- "$work"
}
trap forget EXIT
trap 'exit 130' INT TERM

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

last_sequence() {
    [ -e "$pack/pack.dsse.json" ] || { echo 0; return; }
    "${PYTHON:-python3}" -c 'import base64, json, sys
payload = json.load(open(sys.argv[1], encoding="utf-8"))["payload"]
print(json.loads(base64.b64decode(payload))["predicate"]["sequence"])' "$pack/pack.dsse.json"
}

policy_version() {
    found=$(sed -n 's/^version = \([0-9]*\)$/\1/p' "$1" 2>/dev/null || true)
    echo "${found:-0}"
}

sequence=$(($(last_sequence) + 1))
version=$(($(policy_version "$root/trusted_keys/policy.toml") + 1))

# Sign a copy without the old envelope: signing beside it would add a second signature to the old statement.
cp -R -- "$examples/countries" "$work/countries"
find "$work/countries" -name __pycache__ -prune -exec rm -rf -- {} +
rm -f -- "$work/countries/example_countries/pack/pack.dsse.json"

run sealift lint "$work/countries"
run sealift keygen example --out "$work"
run sealift sign "$work/countries" --key "$work/example.key" --sequence "$sequence"
run sealift --trusted-keys "$work/trusted_keys" trust init
run sealift --trusted-keys "$work/trusted_keys" trust add "$work/example.pem" --packs 'example.*' --owner 'sealift examples'
if [ "$(policy_version "$work/trusted_keys/policy.toml")" -lt "$version" ]; then
    sed "s/^version = [0-9]*\$/version = $version/" "$work/trusted_keys/policy.toml" >"$work/policy.toml"
    mv -- "$work/policy.toml" "$work/trusted_keys/policy.toml"
fi
run sealift --trusted-keys "$work/trusted_keys" verify "$work/countries"

mkdir -p -- "$root/trusted_keys"
chmod 755 "$root/trusted_keys"
rm -f -- "$root"/trusted_keys/*.pem "$root/trusted_keys/policy.toml"
cp -- "$work"/trusted_keys/*.pem "$work/trusted_keys/policy.toml" "$root/trusted_keys/"
cp -- "$work/countries/example_countries/pack/pack.dsse.json" "$pack/"
chmod 644 "$root"/trusted_keys/*.pem "$root/trusted_keys/policy.toml" "$pack/pack.dsse.json"
run sealift --trusted-keys "$root/trusted_keys" trust list
