"""Write the country records of the installed `countryinfo` package as JSON Lines: python documents.py [OUT.jsonl].

Each line is a record as it is in the package, plus `id`: the file's name without `.json`. The lines are in order of
`id`. Numbers are never decoded, so each keeps its spelling; texts are written as plain UTF-8, without blanks between
the members: the form in which sealift writes a document, so that two dumps can be compared byte for byte.
"""

import json
import re
import sys
from importlib.metadata import distribution

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\s+', re.DOTALL)
FOLDERS = ("data", "data_no_iso")  # as in countryinfo itself, a record of the first wins over one of the second


def compact(text):
    """Return the JSON text without blanks and with plain UTF-8 texts; every number stays as it is spelt."""
    json.loads(text)
    return TOKEN.sub(lambda token: plain(token[0]) if token[0][0] == '"' else "", text)


def plain(text):
    return json.dumps(json.loads(text), ensure_ascii=False)


def with_id(key, record):
    members = record[1:-1]
    return "{" + ",".join(filter(None, ['"id":' + json.dumps(key, ensure_ascii=False), members])) + "}"


def read_records():
    """Return the JSON text of every record by its key."""
    texts = {}
    files = distribution("countryinfo").files or []
    for folder in FOLDERS:
        for file in files:
            if file.suffix == ".json" and file.parent.name == folder:
                texts.setdefault(file.stem, file.locate().read_text(encoding="utf-8"))
    return texts


def lines():
    """Yield one line a record, in order of the keys."""
    for key, text in sorted(read_records().items()):
        yield with_id(key, compact(text)) + "\n"


def main(arguments):
    out = "".join(lines()).encode("utf-8")
    if not arguments:
        sys.stdout.buffer.write(out)
        return
    with open(arguments[0], "wb") as file:  # noqa: PTH123  # nothing but a name is known of the file
        file.write(out)


if __name__ == "__main__":
    main(sys.argv[1:])
