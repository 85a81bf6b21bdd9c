# What the how-to pages take for granted. They source this in a hidden block; see doc_blocks.py.

# A publisher's pack project, its key pair, and the signed wheel in wheels/.
make_pack() {
    sealift new acme.orders orders >/dev/null
    sealift keygen release >/dev/null
    sealift sign orders --key release.key >/dev/null
    build_wheel
}

build_wheel() {
    pip wheel --quiet --no-deps --wheel-dir wheels ./orders >/dev/null 2>&1
}

trust_release() {
    sealift trust add release.pem --packs 'acme.*' --owner Acme >/dev/null
}

install_pack() {
    pip install --quiet --no-deps --force-reinstall wheels/acme_orders-*.whl >/dev/null 2>&1
}

# Customers 1 to 3 in sealift.db; with an argument, one more whose name is no text.
make_store() {
    printf '%s\n' '{"id":1,"name":"Ada Lovelace"}' '{"id":2,"name":"Grace Hopper"}' '{"id":3,"name":"Alan Turing"}' >customers.jsonl
    if [ $# -gt 0 ]; then
        printf '%s\n' '{"id":4,"name":null}' >>customers.jsonl
    fi
    sealift load customers.jsonl --collection customers >/dev/null
}
