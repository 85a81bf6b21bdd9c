"""Calling codes become integers where they are numbers."""

from sealift import Migration

LONGEST = 15  # digits of a telephone number, ITU-T E.164


def number_of(code):
    """Only what is written the way an integer is written: a leading zero or a blank could not be given back."""
    if not isinstance(code, str):
        raise ValueError(f"callingCodes: expected texts, got {code!r}, which downgrade would turn into text")
    plain = code.isascii() and code.isdigit() and len(code) <= LONGEST
    return int(code) if plain and str(int(code)) == code else code


def text_of(code):
    return code if isinstance(code, str) else str(code)


class CountCallingCodes(Migration):
    version = "1.2.0"
    collection = "countries"
    schema = "schemas/country-1.2.0.json"

    def upgrade(self, document):
        if "callingCodes" not in document:
            return document
        codes = document["callingCodes"]
        if not isinstance(codes, list):
            raise ValueError(f"callingCodes: expected a list, got {codes!r}")
        document["callingCodes"] = [number_of(code) for code in codes]
        return document

    def downgrade(self, document):
        if "callingCodes" in document:
            document["callingCodes"] = [text_of(code) for code in document["callingCodes"]]
        return document
