"""For sqlite-utils, whose `convert` hands over the text of a column."""

import json

from transform import upgrade


def convert(text):
    return json.dumps(upgrade(json.loads(text)), ensure_ascii=False)
